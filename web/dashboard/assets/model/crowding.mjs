// The crowding score as the engine makes it; here it is only read.
import { hasValue } from '../format.mjs';
import { kLoading, known, none } from './datum.mjs';

/** Upper ends of the bands, with their names. */
export const kBands = [
  [20, 'not busy'],
  [60, 'busy'],
  [100, 'very busy'],
  [140, 'overcrowded'],
  [180, 'severely overcrowded'],
  [200, 'dangerously overcrowded'],
];

/** {score: datum, band, inputs: [{id, value}]} */
export function crowding(store) {
  if (!store.isLoaded('crowding')) return { score: kLoading, band: null, inputs: [] };
  const cell = store.cells('crowding')[0];
  if (!cell) return { score: none('no score yet'), band: null, inputs: [] };
  const { score, band, inputs } = cell.values;
  const name = Array.isArray(band) ? band[0] : band;
  return {
    score: { ...known(score, 'cannot be computed: the number of beds is not set'), cells: [cell] },
    band: hasValue(score) ? (name ?? bandOf(score)) : null,
    inputs: Object.entries(inputs ?? {})
      .filter(([id]) => id !== 'last_roomed_ms')
      .map(([id, value]) => ({ id, value })),
  };
}

export function bandOf(score) {
  return kBands.find(([end]) => score <= end)?.[1] ?? kBands.at(-1)[1];
}
