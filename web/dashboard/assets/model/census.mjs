// Who is in the hospital as of the watermark, by department and in all, and whose time runs out.
import { compareNames, hasValue } from '../format.mjs';
import { kLoading, known, none, sumOf } from './datum.mjs';
import { sumCells } from './sums.mjs';

const kWhyNone = 'no visit has been seen yet';
export const kPlaces = ['waiting', 'in_care', 'boarding', 'admitted'];
/** Targets in the order in which a visit meets them. */
export const kTargets = ['room_60', 'four_hour', 'board_240', 'stay_480'];

/**
 * {waiting, in_care, boarding, admitted, longest_wait: datum + department, stale, departments: [values + department]}
 */
export function census(store, isShown = () => true) {
  if (!store.isLoaded('census')) {
    return {
      ...Object.fromEntries(kPlaces.map((place) => [place, kLoading])),
      longest_wait: kLoading,
      stale: kLoading,
      departments: kLoading,
    };
  }
  const cells = store.cells('census').filter(isShown);
  const departments = cells
    .map((cell) => ({ ...cell.values, department: cell.dims.department, cell }))
    .sort((a, b) => compareNames(a.department, b.department));
  const total = (name) => sumCells(cells, (values) => values[name], kWhyNone);
  return {
    ...Object.fromEntries(kPlaces.map((place) => [place, total(place)])),
    longest_wait: longestWait(departments, cells),
    stale: total('stale'),
    departments: departments.length > 0 ? { kind: 'value', rows: departments } : none(kWhyNone),
  };
}

function longestWait(departments, cells) {
  const waiting = departments.filter((row) => hasValue(row.longest_wait_minutes));
  if (waiting.length === 0) return none(departments.length > 0 ? 'nobody is waiting' : kWhyNone);
  const longest = waiting.reduce((a, b) => (b.longest_wait_minutes > a.longest_wait_minutes ? b : a));
  return { ...known(longest.longest_wait_minutes), department: longest.department, cells: cells.filter(({ dims }) => dims.department === longest.department) };
}

/**
 * [{target, count: datum, departments: [{department, count}]}]: emergency visits that cross a target within 30 minutes.
 */
export function targets(store, isShown = () => true) {
  if (!store.isLoaded('census')) return kTargets.map((target) => ({ target, count: kLoading, departments: [] }));
  const cells = store.cells('census').filter(isShown);
  return kTargets.map((target) => {
    const counts = cells.map((cell) => ({
      department: cell.dims.department,
      count: cell.values.breaching_next_30m?.[target],
    }));
    return {
      target,
      count: sumOf(
        counts.map(({ count }) => count),
        kWhyNone,
      ),
      departments: counts.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count),
    };
  });
}
