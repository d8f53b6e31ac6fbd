// The emergency funnel of today: how far visits came, and what became of them. A visit that is still open is not a
// dropped one.
import { compareNames } from '../format.mjs';
import { asOf, cellsOfDay } from './day.mjs';
import { kLoading, none } from './datum.mjs';

const kTopic = 'funnel:1d';

/**
 * {entered, converted, timed_out, open, exits: [{door, count}], steps: [{step, reached, minutes}], window}; minutes is
 * the distribution from the start to the step, null where there is none. entered = converted + exits + timed_out +
 * open.
 */
export function funnelToday(store, departments = [], name = 'emergency') {
  if (!store.isLoaded(kTopic)) return kLoading;
  const wanted = departments.length === 0 ? ['all'] : departments;
  const cells = cellsOfDay(store, kTopic, asOf(store)).filter(
    ({ dims }) => dims.funnel === name && wanted.includes(dims.department),
  );
  return cells.length === 0 ? none('no emergency visit has begun today') : funnelOf(cells);
}

/** One funnel of cells of the same funnel. Distributions do not add up from cells: there are none when there are several. */
export function funnelOf(cells) {
  const cell = cells.length === 1 ? cells[0] : { ...cells[0], values: addedUp(cells.map(({ values }) => values)) };
  const { steps, reached, minutes_to_step: minutes, exited, entered, converted, timed_out, open } = cell.values;
  return {
    kind: 'value',
    cells,
    window: cell.window,
    entered,
    converted,
    timed_out,
    open,
    exits: Object.entries(exited)
      .map(([door, count]) => ({ door, count }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count || compareNames(a.door, b.door)),
    steps: steps.map((step, i) => ({ step, reached: reached[i], minutes: minutes?.[i] ?? null })),
  };
}

function addedUp(list) {
  const sum = (pick) => list.reduce((total, values) => total + pick(values), 0);
  const doors = [...new Set(list.flatMap(({ exited }) => Object.keys(exited)))];
  return {
    steps: list[0].steps,
    entered: sum(({ entered }) => entered),
    reached: list[0].steps.map((_, i) => sum(({ reached }) => reached[i] ?? 0)),
    converted: sum(({ converted }) => converted),
    timed_out: sum(({ timed_out: timedOut }) => timedOut),
    open: sum(({ open }) => open),
    exited: Object.fromEntries(doors.map((door) => [door, sum(({ exited }) => exited[door] ?? 0)])),
    minutes_to_step: null,
  };
}
