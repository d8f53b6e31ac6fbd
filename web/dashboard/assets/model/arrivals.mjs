// Check-ins a minute by department, for the line chart and the table behind it.
import { compareNames } from '../format.mjs';
import { earlierOf } from '../restated.mjs';
import { kLoading, known, none, whenLoaded } from './datum.mjs';
import { sumCells } from './sums.mjs';

const kMinuteMs = 60_000;
const kTopic = 'department:1m';
export const kMeanMinutes = 10;

/** Start of the minute that is still running at `ms`. */
function runningMinute(ms) {
  return Math.floor(ms / kMinuteMs) * kMinuteMs;
}

/**
 * {minutes: [ms], series: [{department, counts, means, total}], restated: [{minute, department, before, after}]} over the last
 * `hours` of complete minutes; restated are counts that changed after their minute had closed. A minute without a cell is a true zero from the first window on that is held, and unknown (null) before it. Means are over the
 * last ten minutes. Series come with the largest first.
 */
export function arrivals(store, asOfMs, { hours = 3, departments = [] } = {}) {
  const shownMinutes = hours * 60;
  if (!store.isLoaded(kTopic)) return kLoading;
  const starts = store.windowStarts(kTopic);
  if (asOfMs === null || starts.length === 0) return none('nobody has checked in yet');
  const end = runningMinute(asOfMs);
  // The first mean that is shown needs the minutes before it.
  const length = shownMinutes + kMeanMinutes - 1;
  const minutes = Array.from({ length }, (_, i) => end - (length - i) * kMinuteMs);
  const byDepartment = new Map();
  const restated = [];
  minutes.forEach((minute, i) => {
    for (const cell of store.cellsAt(kTopic, minute)) {
      const name = cell.dims.department;
      if (departments.length > 0 && !departments.includes(name)) continue;
      if (!byDepartment.has(name))
        byDepartment.set(
          name,
          minutes.map((start) => (start < starts[0] ? null : 0)),
        );
      byDepartment.get(name)[i] = cell.values.checkins;
      const before = earlierOf(cell)?.values.checkins ?? cell.values.checkins;
      if (before !== cell.values.checkins) restated.push({ minute, department: name, before, after: cell.values.checkins });
    }
  });
  if (byDepartment.size === 0) return none(`nobody has checked in for ${hours} hours`);
  const shown = (values) => values.slice(-shownMinutes);
  const series = [...byDepartment].map(([department, counts]) => ({
    department,
    counts: shown(counts),
    means: shown(trailingMeans(counts)),
    total: total(shown(counts)),
  }));
  series.sort((a, b) => b.total - a.total || compareNames(a.department, b.department));
  return { kind: 'value', minutes: shown(minutes), series, restated: restated.filter(({ minute }) => minute >= shown(minutes)[0]) };
}

function total(counts) {
  return counts.reduce((sum, count) => sum + count, 0);
}

function trailingMeans(counts) {
  return counts.map((_, i) => {
    const window = counts.slice(Math.max(0, i + 1 - kMeanMinutes), i + 1);
    const isWhole = window.length === kMeanMinutes && !window.includes(null);
    return isWhole ? total(window) / kMeanMinutes : null;
  });
}

/** Check-ins in the last 60 complete minutes. */
export function arrivalsLastHour(store, asOfMs, isShown = () => true) {
  return whenLoaded(store, [kTopic], () => {
    if (asOfMs === null || store.windowStarts(kTopic).length === 0) return none('nobody has checked in yet');
    const end = runningMinute(asOfMs);
    const cells = store
      .windowStarts(kTopic)
      .filter((start) => start >= end - 60 * kMinuteMs && start < end)
      .flatMap((start) => store.cellsAt(kTopic, start))
      .filter(isShown);
    const sum = sumCells(cells, ({ checkins }) => checkins, '');
    return sum.kind === 'value' ? sum : { ...known(0), cells: [] };
  });
}
