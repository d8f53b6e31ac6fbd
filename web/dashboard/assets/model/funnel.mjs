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
export function funnelToday(store, name = 'emergency', department = 'all') {
  if (!store.isLoaded(kTopic)) return kLoading;
  const cell = cellsOfDay(store, kTopic, asOf(store)).find(
    ({ dims }) => dims.funnel === name && dims.department === department,
  );
  if (!cell) return none('no emergency visit has begun today');
  const { steps, reached, minutes_to_step: minutes, exited, entered, converted, timed_out, open } = cell.values;
  return {
    kind: 'value',
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
