// The page "Live": cells in, numbers out. Messages change the store at once; the page follows in its own time.
import { Connection } from './connection.mjs';
import { arrivalsModel, kTopics, liveModel } from './model/live.mjs';
import { known, none } from './model/datum.mjs';
import { RateMeter, freshness, kSilentAfterMs } from './model/feed.mjs';
import { Session, takeKeyFromAddress } from './session.mjs';
import { CellStore } from './state.mjs';
import { Arrivals } from './views/arrivals.mjs';
import { Census } from './views/census.mjs';
import { byId } from './views/dom.mjs';
import { Feed } from './views/feed.mjs';
import { Funnel } from './views/funnel.mjs';
import { Header } from './views/header.mjs';
import { KeyForm } from './views/key_form.mjs';
import { Targets } from './views/targets.mjs';
import { Tiles } from './views/tiles.mjs';

/**
 * Numbers change faster than anybody reads them: the page follows at this pace, the minutes of three hours at half of
 * it.
 */
const kShowEveryMs = 250;
const kArrivalsEveryMs = 500;

class LivePage {
  #store = new CellStore(kTopics);
  #rate = new RateMeter();
  #serverClock = null; // {serverMs, atMs}: what time it is there, at performance.now()
  #isDue = false;
  #shownMs = -Infinity;
  #arrivalsDueMs = 0;
  #numbersChanged = true;
  #arrivalsChanged = false;
  #model = liveModel(this.#store);

  #header = new Header();
  #tiles = new Tiles(byId('tiles'));
  #arrivals = new Arrivals();
  #census = new Census(byId('census'));
  #funnel = new Funnel(byId('funnel'), byId('funnel-about'));
  #targets = new Targets(byId('targets'));
  #feed = new Feed(byId('feed'));
  #keyForm = new KeyForm((key) => this.#useKey(key));
  #session;
  #connection;

  constructor(key) {
    this.#session = new Session(key);
    this.#connection = new Connection(this.#session, {
      open: () => this.#opened(),
      message: (message) => this.#received(message),
      refused: () => this.#keyForm.show(key !== null),
      change: () => this.#draw(),
    });
    // Ages go on while nothing comes.
    setInterval(() => this.#draw(), 1000);
    this.#draw();
    this.#connection.start();
  }

  #useKey(key) {
    this.#session.use(key);
    this.#connection.start();
  }

  #opened() {
    this.#keyForm.hide();
    this.#rate.clear();
    return this.#store.connected();
  }

  #received(message) {
    const { changed, requests } = this.#store.receive(message);
    if (message.type === 'heartbeat') this.#beat(message);
    if (changed.length > 0) this.#numbersChanged = true;
    this.#draw();
    return requests;
  }

  #beat(message) {
    const atMs = performance.now();
    this.#serverClock = { serverMs: Date.parse(message.server_time), atMs };
    const consumed = this.#store.cells('task').reduce((sum, { values }) => sum + (values.consumed ?? 0), 0);
    if (this.#store.isLoaded('task')) this.#rate.add(atMs, consumed);
  }

  #draw() {
    if (this.#isDue) return;
    this.#isDue = true;
    const show = () => {
      this.#isDue = false;
      this.#shownMs = performance.now();
      this.#show(this.#shownMs);
    };
    // A tab in the background gets no frames: it takes in cells, and shows them when it is looked at again.
    setTimeout(() => requestAnimationFrame(show), Math.max(0, this.#shownMs + kShowEveryMs - performance.now()));
  }

  #show(nowMs) {
    if (this.#numbersChanged) this.#showNumbers();
    if (this.#arrivalsChanged && nowMs >= this.#arrivalsDueMs) this.#showArrivals(nowMs);
    const { link } = this.#connection;
    const ageMs = this.#ageMs(this.#model.as_of_ms, nowMs);
    const fresh = freshness({ link, nowMs, ageMs });
    this.#header.showState(fresh, {
      retryMs: link.retryAtMs === null ? null : Math.max(0, link.retryAtMs - nowMs),
      nowMs,
    });
    const isCounted = link.isOpen && nowMs - link.lastMessageMs < kSilentAfterMs;
    this.#feed.update(this.#model, {
      rate: isCounted ? known(this.#rate.perSecond, 'measuring') : none('no connection'),
      age: known(ageMs, 'no data yet'),
      slowest: known(this.#ageMs(Date.parse(this.#store.watermark), nowMs), 'no data yet'),
    });
  }

  #showNumbers() {
    this.#numbersChanged = false;
    this.#arrivalsChanged = true;
    this.#model = liveModel(this.#store);
    this.#header.showAsOf(this.#model.as_of_ms, this.#model.zone);
    for (const view of [this.#tiles, this.#census, this.#funnel, this.#targets]) view.update(this.#model);
  }

  #showArrivals(nowMs) {
    this.#arrivalsChanged = false;
    this.#arrivalsDueMs = nowMs + kArrivalsEveryMs;
    this.#arrivals.update(arrivalsModel(this.#store), this.#model.zone);
  }

  /** Time since `ms` on the server's clock, which may not be the viewer's; null when either is not known. */
  #ageMs(ms, nowMs) {
    if (!this.#serverClock || ms === null) return null;
    return this.#serverClock.serverMs + (nowMs - this.#serverClock.atMs) - ms;
  }
}

new LivePage(takeKeyFromAddress());
