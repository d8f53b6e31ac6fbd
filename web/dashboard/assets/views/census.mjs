// The departments now: one row each, and the hospital below.
import { formatCount, formatMinutesShort } from '../format.mjs';
import { kPlaces } from '../model/census.mjs';
import { Empty, keyed, make, setText, showDatum } from './dom.mjs';

const kHeads = ['Department', 'Waiting', 'In care', 'Boarding', 'Admitted', 'Longest wait'];

/** More departments than this are set closer together. */
const kDenseFrom = 10;

function row(name) {
  const numbers = [...kPlaces, 'longest_wait_minutes'].map((value) => make('td', { 'data-value': value }));
  return Object.assign(make('tr', {}, make('th', { scope: 'row' }, name), ...numbers), { numbers });
}

export class Census {
  #table;
  #body = make('tbody');
  #total = row('Hospital');
  #footnote = make('p', { class: 'footnote' });
  #empty;
  #explain;

  /** `explain` is called when the name of a department is chosen. */
  constructor(parent, explain) {
    this.#explain = explain;
    const head = make('thead', {}, make('tr', {}, ...kHeads.map((title) => make('th', { scope: 'col' }, title))));
    this.#table = make('table', {}, head, this.#body, make('tfoot', {}, this.#total));
    this.#empty = new Empty(parent, make('div', {}, this.#table, this.#footnote));
  }

  update({ census }) {
    if (!this.#empty.show(census.departments)) return;
    const formats = [formatCount, formatCount, formatCount, formatCount, formatMinutesShort];
    this.#table.toggleAttribute('data-dense', census.departments.rows.length > kDenseFrom);
    keyed(
      this.#body,
      census.departments.rows,
      ({ department }) => department,
      ({ department }) => this.#makeRow(department),
      (node, values) => {
        node.latest = values;
        const numbers = [...kPlaces.map((place) => values[place]), values.longest_wait_minutes];
        numbers.forEach((number, i) => setText(node.numbers[i], formats[i](number)));
      },
    );
    const totals = [...kPlaces.map((place) => census[place]), census.longest_wait];
    totals.forEach((datum, i) => showDatum(this.#total.numbers[i], null, datum, formats[i]));
    setText(this.#footnote, footnote(census.stale.value ?? 0));
  }

  #makeRow(department) {
    const button = make('button', { type: 'button', class: 'name', 'aria-label': `${department}. Explain` }, department);
    const node = row(button);
    button.addEventListener('click', () => {
      const { cell, waiting } = node.latest;
      const define = 'Who is in this department as of the watermark: waiting, in care (also those who board), boarding, admitted. The number is of those who wait.';
      this.#explain({ title: `Waiting: ${department}`, define, datum: { kind: 'value', value: waiting, cells: [cell], parts: [waiting] }, format: formatCount });
    });
    return node;
  }
}

function footnote(stale) {
  if (stale === 0) return '';
  return `Not counted: ${formatCount(stale)} emergency ${stale === 1 ? 'visit' : 'visits'} without an end in 48 hours.`;
}
