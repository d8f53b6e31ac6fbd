// Feed health: rate, lag, age, and what became of the records.
import { formatAge, formatCount, formatRate } from '../format.mjs';
import { make, showDatum } from './dom.mjs';

const kRows = [
  { id: 'rate', title: 'Records read', format: (value) => `${formatRate(value)} /s`, note: 'mean of 10 s' },
  { id: 'age', title: 'Age of the numbers', format: formatAge, note: 'since the as-of time' },
  { id: 'lag', title: 'Lag', format: formatAge, note: 'from event to number' },
  { id: 'slowest', title: 'Slowest feed', format: formatAge, note: 'age of its watermark' },
  { id: 'consumed', title: 'Records in all', format: formatCount, note: 'since the log began' },
  { id: 'duplicate', title: 'Duplicates', format: formatCount, note: 'counted once' },
  { id: 'held', title: 'Held', format: formatCount, note: 'waiting for their visit' },
  { id: 'rejected', title: 'Rejected', format: formatCount, note: 'kept, with the reason' },
];

export class Feed {
  #rows;

  constructor(parent) {
    const list = make('dl', { class: 'facts' });
    this.#rows = kRows.map((row) => {
      const number = make('span', { class: 'count', id: `feed-${row.id}` }, '–');
      const note = make('span', { class: 'note' }, 'loading');
      list.append(make('div', {}, make('dt', {}, row.title), make('dd', {}, number, note)));
      return { ...row, number, noteNode: note };
    });
    parent.append(list);
  }

  /** `ofClock`: rate, age and slowest, which change while nothing comes. */
  update({ feed }, ofClock) {
    const data = { ...feed, ...ofClock };
    for (const { id, format, note, number, noteNode } of this.#rows)
      showDatum(number, noteNode, data[id], format, note);
  }
}
