// The mark of a panel of which numbers changed after their window had closed; pressed, it shows them before and after.
import { formatCount } from '../format.mjs';
import { make, setAttribute, setText } from './dom.mjs';
import { openSheet } from './sheet.mjs';
import { Table } from './table.mjs';

const kMostListed = 200;
const kColumns = [
  { title: 'Where', of: ({ row }) => row },
  { title: 'Number', of: ({ column }) => column, isText: true },
  { title: 'Before', of: ({ before }) => before },
  { title: 'Now', of: ({ after }) => after },
];
const kWords =
  'These numbers changed after their hour, day or month had closed: something was reported late or put right. Before is what this ' +
  'page showed first; it knows of changes since it was opened. Older ones are in the explanation of a number.';

export class RestatedMark {
  node = make('button', { type: 'button', class: 'quiet restated', hidden: '' });
  #title;
  #changes = [];

  constructor(title) {
    this.#title = title;
    this.node.addEventListener('click', () => this.#open());
  }

  /** `changes`: [{row, column, before, after}] */
  update(changes) {
    this.#changes = changes;
    this.node.hidden = changes.length === 0;
    const words = `${formatCount(changes.length)} restated`;
    setText(this.node, words);
    setAttribute(this.node, 'aria-label', `${words} in ${this.#title}. Show before and after`);
  }

  #open() {
    const table = new Table('Before and after');
    table.update(kColumns, this.#changes.slice(0, kMostListed));
    const more = this.#changes.length - kMostListed;
    openSheet(
      `Restated: ${this.#title}`,
      make('p', { class: 'definition' }, kWords),
      make('div', { class: 'table-wrap' }, table.node),
      ...(more > 0 ? [make('p', { class: 'note' }, `and ${formatCount(more)} more`)] : []),
    );
  }
}
