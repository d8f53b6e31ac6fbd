// A table of rows, and the same as a CSV file.
import { csv, kNoValue } from '../format.mjs';
import { keyed, make, setText } from './dom.mjs';

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

  update(columns, rows) {
    this.#setColumns(columns);
    this.node.toggleAttribute('data-dense', rows.length > 14);
    keyed(
      this.#body,
      rows.map((row, i) => ({ row, key: `${i} ${columns[0].of(row)}` })),
      ({ key }) => key,
      () => this.#makeRow(),
      (node, { row }) => this.#showRow(node, row),
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
      if (href) node.append((node.words = make('a', {})));
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

  #showRow(node, row) {
    this.#columns.forEach(({ of, format, bar, href }, i) => {
      const cell = node.cells_[i];
      const value = of(row);
      setText(cell.words, format ? format(value) : (value ?? kNoValue).toString());
      if (href) cell.words.setAttribute('href', href(row));
      if (bar) cell.fill.style.width = `${100 * Math.min(1, Math.max(0, bar(row) ?? 0))}%`;
    });
  }
}

export function downloadCsv(name, columns, rows) {
  const lines = rows.map((row) => columns.map(({ of }) => of(row)));
  const text = csv([columns.map(({ title }) => title), ...lines]);
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  make('a', { href: url, download: `${name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
