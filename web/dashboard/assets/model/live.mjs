// All that the page "Live" shows, from the cells held. Pure: the same cells give the same page.
import { arrivals, arrivalsLastHour } from './arrivals.mjs';
import { census, targets } from './census.mjs';
import { known, whenLoaded } from './datum.mjs';
import { asOf, cellsOfDay } from './day.mjs';
import { feed } from './feed.mjs';
import { funnelToday } from './funnel.mjs';
import { zoneOfDays } from '../zone.mjs';

export const kTopics = ['department:1m', 'hospital:1d', 'census', 'funnel:1d', 'task'];

export function liveModel(store) {
  const asOfMs = asOf(store);
  return {
    as_of_ms: asOfMs,
    zone: zoneOfDays(store.cells('hospital:1d').slice(-2)),
    arrivals_today: today(store, asOfMs, 'checkins', 'nobody has checked in today'),
    arrivals_last_hour: arrivalsLastHour(store, asOfMs),
    left_today: today(store, asOfMs, 'left', 'nothing is recorded for today'),
    census: census(store),
    targets: targets(store),
    funnel: funnelToday(store),
    feed: feed(store),
  };
}

/** The minutes of three hours are the one part that is not cheap, and the chart is drawn less often than the rest. */
export function arrivalsModel(store) {
  return arrivals(store, asOf(store));
}

function today(store, asOfMs, name, why) {
  return whenLoaded(store, ['hospital:1d'], () =>
    known(cellsOfDay(store, 'hospital:1d', asOfMs)[0]?.values[name], why),
  );
}
