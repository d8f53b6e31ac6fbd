// The sheet that comes up beside the page: one at a time, left with Escape, and then the focus is where it was.
import { make } from './dom.mjs';

let dialog = null;

function makeDialog() {
  const node = make('dialog', { class: 'explain', 'aria-labelledby': 'sheet-title' });
  // A click beside the sheet closes it, as Escape does.
  node.addEventListener('click', ({ target }) => {
    if (target === node) node.close();
  });
  document.body.append(node);
  return node;
}

export function openSheet(title, ...nodes) {
  dialog ??= makeDialog();
  const close = make('button', { type: 'button', class: 'quiet' }, 'Close');
  close.addEventListener('click', () => dialog.close());
  const header = make('header', {}, make('h2', { id: 'sheet-title' }, title), close);
  dialog.replaceChildren(make('div', { class: 'sheet' }, header, ...nodes));
  dialog.showModal();
}
