// Numbers that are sums over cells. Such a number knows its cells, so that it can be explained, and whether one of them
// was changed after its window had closed.
import { hasValue } from '../format.mjs';
import { asEarlier, earlierOf } from '../restated.mjs';
import { known, none } from './datum.mjs';

/**
 * The sum of `pick(values)` over the cells; none (`why`) when no cell has it. `restated.before` is the sum as it was
 * before cells changed after closing; `parts` is what each of the cells adds.
 */
export function sumCells(cells, pick, why) {
  const used = cells.filter((cell) => hasValue(pick(cell.values)));
  if (used.length === 0) return { ...none(why), cells: [] };
  const parts = used.map((cell) => pick(cell.values));
  const value = total(parts);
  const before = total(used.map((cell) => pick((earlierOf(cell) ?? cell).values) ?? 0));
  return restated({ ...known(value), cells: used, parts }, before);
}

/** part / whole of two such numbers; none where the whole is nothing. */
export function ratio(part, whole, why) {
  if (part.kind === 'loading' || whole.kind === 'loading') return part.kind === 'loading' ? part : whole;
  if (part.kind !== 'value' || whole.kind !== 'value' || whole.value === 0) return none(why);
  const was = (datum) => datum.restated?.before ?? datum.value;
  return restated({ ...known(part.value / whole.value), cells: [...(part.cells ?? []), ...(whole.cells ?? [])] }, was(part) / was(whole));
}

/** The datum, with what its value was before cells changed after closing, where that is another one. */
export function restated(datum, before) {
  return hasValue(before) && before !== datum.value ? { ...datum, restated: { before } } : datum;
}

/** What is left of a share of all. */
export function complement(share) {
  if (share.kind !== 'value') return share;
  const { restated: was, ...datum } = share;
  return restated({ ...datum, value: 1 - share.value }, was && 1 - was.before);
}

/**
 * What `make` gives of cells or rows that may have changed after closing; and as `earlier` the rows that it gave before
 * that, where any of them did.
 */
export function overTime(items, make) {
  const datum = make(items);
  const before = asEarlier(items);
  return before && datum.kind === 'value' ? { ...datum, earlier: make(before).rows } : datum;
}

export function total(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

/** [key, items] in the order in which keys come first. */
export function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return [...groups];
}

/** Of [{name, value}] the largest, and one row "others" for the rest. */
export function largest(rows, limit) {
  const sorted = [...rows].sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1));
  return { top: sorted.slice(0, limit), others: sorted.slice(limit) };
}
