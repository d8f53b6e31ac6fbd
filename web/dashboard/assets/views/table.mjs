// A table of rows, and the same as a CSV file.
import { csv } from '../format.mjs';
import { wordsOf } from '../model/changes.mjs';
import { keyed, make, setAttribute, setText } from './dom.mjs';

/**
 * Columns: {title, of(row), format?, isText?, bar?(row) -> share 0..1 or null, href?(row)}. The first is the row's name. `of`
 * gives what the CSV holds; `format` what is shown.
 */
export class Table {
  #columns = [];
  #head = make('tr');
  #body = make('tbody');
  #caption;

  constructor(caption) {
    this.#caption = make('caption', { class: 'unseen' }, caption);
    this.node = make('table', {}, this.#caption, make('thead', {}, this.#head), this.#body);
  }

  /** `changes` (model/changes.mjs) are marked, with what was shown before. */
  update(columns, rows, changes = []) {
    this.#setColumns(columns);
    const before = new Map(changes.map((change) => [`${change.index} ${change.place}`, change.before]));
    this.node.toggleAttribute('data-dense', rows.length > 14);
    keyed(
      this.#body,
      rows.map((row, i) => ({ row, key: `${i} ${columns[0].of(row)}` })),
      ({ key }) => key,
      () => this.#makeRow(),
      (node, { row }, index) => this.#showRow(node, row, (place) => before.get(`${index} ${place}`)),
    );
  }

  #setColumns(columns) {
    const isSame = columns.map(({ title }) => title).join('\n') === this.#columns.map(({ title }) => title).join('\n');
    this.#columns = columns;
    if (isSame) return;
    keyed(
      this.#body,
      [],
      () => '',
      () => null,
      () => {},
    );
    this.#head.replaceChildren(
      ...columns.map(({ title, isText }) =>
        make('th', { scope: 'col', ...(isText && { class: 'text' }) }, title),
      ),
    );
  }

  #makeRow() {
    const cells = this.#columns.map(({ isText, bar, href }, i) => {
      const node = make(i === 0 ? 'th' : 'td', i === 0 ? { scope: 'row' } : isText ? { class: 'text' } : {});
      node.words = node;
      if (href) node.append((node.words = make('a', { 'data-view': '' })));
      if (bar) {
        node.className = 'barred';
        node.fill = make('span', { class: 'fill' });
        node.words = make('span');
        node.append(make('span', { class: 'bar', 'aria-hidden': 'true' }, node.fill), node.words);
      }
      return node;
    });
    const node = make('tr', {}, ...cells);
    node.cells_ = cells;
    return node;
  }

  #showRow(node, row, beforeOf) {
    this.#columns.forEach((column, i) => {
      const { bar, href } = column;
      const cell = node.cells_[i];
      setText(cell.words, wordsOf(column, row));
      markRestated(cell, beforeOf(i));
      if (href) cell.words.setAttribute('href', href(row));
      if (bar) cell.fill.style.width = `${100 * Math.min(1, Math.max(0, bar(row) ?? 0))}%`;
    });
  }
}

/** A mark on a number that was another one before; undefined: it was not. */
export function markRestated(cell, before) {
  cell.toggleAttribute('data-restated', before !== undefined);
  if (before !== undefined) setAttribute(cell, 'title', `restated, was ${before}`);
  else cell.removeAttribute('title');
}

export function downloadCsv(name, columns, rows) {
  const lines = rows.map((row) => columns.map(({ of }) => of(row)));
  const text = csv([columns.map(({ title }) => title), ...lines]);
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  make('a', { href: url, download: `${name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
