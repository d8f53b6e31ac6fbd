// All that the page "Live" shows, from the cells held. Pure: the same cells give the same page.
import { kHours } from '../router.mjs';
import { arrivals, arrivalsLastHour } from './arrivals.mjs';
import { census, targets } from './census.mjs';
import { crowding } from './crowding.mjs';
import { whenLoaded } from './datum.mjs';
import { asOf, cellsOfDay } from './day.mjs';
import { feed } from './feed.mjs';
import { funnelToday } from './funnel.mjs';
import { sumCells } from './sums.mjs';

export const kTopics = ['hospital:1d', 'census', 'task', 'department:1m', 'department:1d', 'funnel:1d', 'crowding'];

export function liveModel(store, { departments = [] } = {}) {
  const asOfMs = asOf(store);
  const isShown = ({ dims }) => departments.length === 0 || departments.includes(dims.department);
  // The hospital's own cell, unless some departments are chosen.
  const topic = departments.length === 0 ? 'hospital:1d' : 'department:1d';
  const today = (name, why) =>
    whenLoaded(store, [topic], () =>
      sumCells(cellsOfDay(store, topic, asOfMs).filter((cell) => !cell.dims.department || isShown(cell)), (values) => values[name], why),
    );
  return {
    departments,
    arrivals_today: today('checkins', 'nobody has checked in today'),
    arrivals_last_hour: arrivalsLastHour(store, asOfMs, isShown),
    left_today: today('left', 'nothing is recorded for today'),
    census: census(store, isShown),
    targets: targets(store, isShown),
    funnel: funnelToday(store, departments),
    crowding: crowding(store),
    feed: feed(store),
  };
}

/** The minutes are the one part that is not cheap, and the chart is drawn less often than the rest. */
export function arrivalsModel(store, { range = '3h', departments = [] } = {}) {
  return arrivals(store, asOf(store), { hours: kHours[range], departments });
}
