// The large numbers.
import { formatCount, formatMinutes, kNoValue } from '../format.mjs';
import { make, setAttribute, setText, wordsFor } from './dom.mjs';

const kTiles = [
  {
    id: 'arrivals_today',
    title: 'Arrivals today',
    of: (model) => model.arrivals_today,
    note: () => 'check-ins, all departments',
  },
  {
    id: 'arrivals_last_hour',
    title: 'Arrivals, last hour',
    of: (model) => model.arrivals_last_hour,
    note: () => 'last 60 full minutes',
  },
  { id: 'waiting', title: 'Waiting', of: (model) => model.census.waiting, note: () => 'checked in, not in a room yet' },
  {
    id: 'longest_wait',
    title: 'Longest wait',
    of: (model) => model.census.longest_wait,
    format: formatMinutes,
    note: (datum) => `in ${datum.department}`,
  },
  { id: 'in_care', title: 'In care', of: (model) => model.census.in_care, note: () => 'in a room or being seen' },
  { id: 'boarding', title: 'Boarding', of: (model) => model.census.boarding, note: () => 'to be admitted, no bed yet' },
  { id: 'admitted', title: 'Admitted', of: (model) => model.census.admitted, note: () => 'in a bed' },
  {
    id: 'left_today',
    title: 'Left today',
    of: (model) => model.left_today,
    note: () => 'before their visit was complete',
  },
];

/** Units stand smaller beside their number. */
function showNumber(node, text) {
  if (node.textContent === text) return;
  const parts = text.split(/(\s*[a-z]+\s*)/).filter((part) => part !== '');
  node.replaceChildren(...parts.map((part) => (/[a-z]/.test(part) ? make('small', {}, part) : part)));
}

export class Tiles {
  #tiles;

  constructor(parent) {
    this.#tiles = kTiles.map((tile) => {
      const number = make('p', { class: 'number', id: `tile-${tile.id}` }, '–');
      const note = make('p', { class: 'note' }, 'loading');
      parent.append(make('article', { class: 'tile' }, make('h3', {}, tile.title), number, note));
      return { ...tile, number, note_node: note };
    });
  }

  update(model) {
    for (const { of, format = formatCount, note, number, note_node: noteNode } of this.#tiles) {
      const datum = of(model);
      const isThere = datum.kind === 'value';
      showNumber(number, isThere ? format(datum.value) : kNoValue);
      setAttribute(number, 'data-kind', datum.kind);
      setText(noteNode, isThere ? note(datum) : wordsFor(datum));
    }
  }
}
