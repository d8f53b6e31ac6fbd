// Live: who is here now, and what happens this minute. On the wall it is all on one screen.
import { formatMinutes } from '../format.mjs';
import { known, none } from '../model/datum.mjs';
import { kSilentAfterMs } from '../model/feed.mjs';
import { arrivalsModel, kTopics, liveModel } from '../model/live.mjs';
import { Arrivals } from '../views/arrivals.mjs';
import { Census } from '../views/census.mjs';
import { Crowding } from '../views/crowding.mjs';
import { byId } from '../views/dom.mjs';
import { Feed } from '../views/feed.mjs';
import { Funnel } from '../views/funnel.mjs';
import { Targets } from '../views/targets.mjs';
import { Tiles } from '../views/tiles.mjs';

/** The minutes of hours are drawn at half the pace of the rest. */
const kArrivalsEveryMs = 500;
const kIn = { census: 'as of the watermark' };
const kTiles = [
  {
    id: 'arrivals_today',
    title: 'Arrivals today',
    of: (model) => model.arrivals_today,
    note: (_, { departments }) => (departments.length ? 'check-ins, departments chosen' : 'check-ins, all departments'),
    define: 'Visits whose earliest check-in lies in the local day that is running.',
  },
  {
    id: 'arrivals_last_hour',
    title: 'Arrivals, last hour',
    of: (model) => model.arrivals_last_hour,
    note: () => 'last 60 full minutes',
    define: 'Visits whose earliest check-in lies in one of the last 60 full minutes before the as-of time.',
  },
  {
    id: 'waiting',
    title: 'Waiting',
    of: (model) => model.census.waiting,
    note: () => 'checked in, not in a room yet',
    define: `Checked in, and neither in a room, seen by a clinician nor gone, ${kIn.census}.`,
  },
  {
    id: 'longest_wait',
    title: 'Longest wait',
    of: (model) => model.census.longest_wait,
    format: formatMinutes,
    note: (datum) => `in ${datum.department}`,
    define: 'The longest time since check-in among those who wait, in whole minutes, cut off.',
  },
  {
    id: 'in_care',
    title: 'In care',
    of: (model) => model.census.in_care,
    note: () => 'in a room or being seen',
    define: `In a room or seen by a clinician, and not gone, ${kIn.census}.`,
  },
  {
    id: 'boarding',
    title: 'Boarding',
    of: (model) => model.census.boarding,
    note: () => 'to be admitted, no bed yet',
    define: 'Decided to be admitted, without an admission yet and not gone; counted where the decision was made. Also in care.',
  },
  {
    id: 'admitted',
    title: 'Admitted',
    of: (model) => model.census.admitted,
    note: () => 'in a bed',
    define: 'Admissions without a discharge, in the department of the admission.',
  },
  {
    id: 'left_today',
    title: 'Left today',
    of: (model) => model.left_today,
    note: () => 'before their visit was complete',
    define: 'Visits that were left today before they were complete: unseen, before treatment ended, against advice, transferred or died.',
  },
];

export default class LivePage {
  static topics = kTopics;
  #arrivalsDueMs = 0;
  #arrivalsChanged = false;
  #model = null;
  #tiles;
  #arrivals = new Arrivals();
  #census;
  #funnel = new Funnel(byId('funnel'), byId('funnel-about'));
  #crowding;
  #targets = new Targets(byId('targets'));
  #feed = new Feed(byId('feed'));

  constructor(root, { explain }) {
    this.#tiles = new Tiles(byId('tiles'), kTiles, explain);
    this.#census = new Census(byId('census'), explain);
    this.#crowding = new Crowding(byId('crowding'), explain);
  }

  update({ store, view, zone, hasSwitched }) {
    this.#arrivalsChanged = true;
    if (hasSwitched) this.#arrivalsDueMs = 0;
    this.#model = liveModel(store, view);
    for (const part of [this.#tiles, this.#census, this.#funnel, this.#crowding, this.#targets])
      part.update({ ...this.#model, zone });
  }

  /** Ages go on while nothing comes. */
  tick({ store, view, zone, link, nowMs, ageMs, slowestAgeMs, rate }) {
    if (this.#arrivalsChanged && nowMs >= this.#arrivalsDueMs) {
      this.#arrivalsChanged = false;
      this.#arrivalsDueMs = nowMs + kArrivalsEveryMs;
      this.#arrivals.update(arrivalsModel(store, view), zone);
    }
    const isCounted = link.isOpen && nowMs - link.lastMessageMs < kSilentAfterMs;
    this.#feed.update(this.#model, {
      rate: isCounted ? known(rate, 'measuring') : none('no connection'),
      age: known(ageMs, 'no data yet'),
      slowest: known(slowestAgeMs, 'no data yet'),
    });
  }
}
