// The application round the pages: address, connection, cells, answers and the pace at which a page follows them.
// Messages change the store at once; what is shown follows in its own time.
import { redrawCharts } from './charts.mjs';
import { Connection } from './connection.mjs';
import { asOf, cellsOfDay } from './model/day.mjs';
import { RateMeter, freshness, publicFreshness } from './model/feed.mjs';
import { dateOf, spanOf } from './model/span.mjs';
import { importAgain } from './modules.mjs';
import { Queries } from './queries.mjs';
import { kPages, pageOf, readAddress, viewOn, writeAddress } from './router.mjs';
import { Session } from './session.mjs';
import { CellStore } from './state.mjs';
import { byId, make, setCutOff } from './views/dom.mjs';
import { Explain } from './views/explain.mjs';
import { Header } from './views/header.mjs';
import { KeyForm } from './views/key_form.mjs';
import { Toolbar } from './views/toolbar.mjs';
import { zoneOfDays } from './zone.mjs';

/** Numbers change faster than anybody reads them: the page follows at this pace. */
const kShowEveryMs = 250;
/** What every page needs: as-of time and zone, departments to choose from, the rate of records. */
const kTopicsOfAll = ['hospital:1d', 'census', 'task'];

/** Not every browser can tell when it has nothing to do. */
const whenIdle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 1000));
/** What could not be loaded is tried again at this pace. */
const kLoadAgainMs = 3_000;

/** The class of a page; null while it cannot be had. */
function loadPage(id) {
  return importAgain(`./pages/${id}.mjs`).then(
    ({ default: Page }) => Page,
    () => null,
  );
}

export class App {
  #store = new CellStore(kTopicsOfAll);
  #queries = new Queries(
    (url, options) => this.#connection.ask(url, options),
    () => this.#changed(),
    (date) => this.#store.cells('hospital:1d').some((cell) => dateOf(cell) === date && cell.status !== 'open'),
  );
  #rate = new RateMeter();
  #serverClock = null; // {serverMs, atMs}: what time it is there, at performance.now()
  #isDue = false;
  #hasChanged = true;
  #isSwitching = false; // to another epoch of the cells
  #hasSwitched = false;
  #shownMs = -Infinity;
  #view = readAddress(location);
  #pages = new Map(); // id -> {root, page}: made when first looked at, kept after that
  #header = new Header();
  #explain = new Explain((url, options) => this.#connection.ask(url, options));
  #keyForm = new KeyForm((key) => this.#useKey(key));
  #toolbar;
  #session;
  #connection;

  constructor(key) {
    this.#toolbar = new Toolbar((view) => this.#go(view));
    this.#session = new Session(key);
    this.#connection = new Connection(this.#session, {
      open: () => this.#opened(),
      message: (message) => this.#received(message),
      refused: () => this.#refused(key !== null),
      change: () => this.#draw(),
    });
    // Ages go on while nothing comes.
    setInterval(() => this.#tick(), 1000);
    addEventListener('popstate', () => this.#open(readAddress(location)));
    addEventListener('visibilitychange', () => this.#tick());
    document.addEventListener('click', (event) => this.#clicked(event));
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#view.isWall) this.#go({ ...this.#view, isWall: false });
    });
    this.#open(this.#view);
  }

  async #useKey(key) {
    this.#session.use(key);
    await this.#connection.start();
    this.#showKeyForm();
  }

  /** Links within the application do not load it anew. */
  #clicked(event) {
    const link = event.target.closest?.('a[data-page], a[data-view]');
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain) return;
    event.preventDefault();
    this.#go(link.dataset.page ? viewOn(this.#view, link.dataset.page) : readAddress(new URL(link.href)));
  }

  #go(view) {
    const address = writeAddress(view);
    if (address !== location.pathname + location.search) history.pushState(null, '', address);
    this.#open(view);
  }

  async #open(view) {
    const isOther = view.page !== this.#view.page;
    this.#view = view;
    document.documentElement.toggleAttribute('data-wall', view.isWall);
    this.#header.showPage(pageOf(view.page));
    this.#toolbar.showView(view);
    if (isOther) scrollTo(0, 0);
    if (!pageOf(view.page).isPublic) this.#connection.start();
    const Page = await loadPage(view.page);
    if (this.#view !== view) return; // somebody was faster
    if (!Page) {
      setTimeout(() => this.#view === view && this.#open(view), kLoadAgainMs);
      this.#hidePages();
      return;
    }
    if (!this.#pages.has(view.page)) this.#pages.set(view.page, this.#makePage(view.page, Page));
    this.#hidePages();
    this.#pages.get(view.page).root.hidden = false;
    const requests = this.#store.use([...kTopicsOfAll, ...(Page.topics ?? [])]);
    if (this.#connection.link.isOpen) this.#connection.send(requests);
    this.#showKeyForm();
    this.#changed();
  }

  /** A page that cannot be had does not leave another one's numbers under its title. */
  #hidePages() {
    for (const { root } of this.#pages.values()) root.hidden = true;
    byId('page-live').hidden = true;
  }

  #makePage(id, Page) {
    let root = byId(`page-${id}`);
    if (!root) {
      root = make('div', { class: 'page', id: `page-${id}` });
      byId('main').append(root);
    }
    return { root, page: new Page(root, { explain: (what) => this.#explain.show(what) }) };
  }

  #refused(wasTried) {
    this.wasTried = wasTried;
    this.#showKeyForm();
  }

  #showKeyForm() {
    const isNeeded = this.#connection.link.isRefused && !pageOf(this.#view.page).isPublic;
    if (isNeeded) this.#keyForm.show(this.wasTried);
    else this.#keyForm.hide();
  }

  #opened() {
    this.#showKeyForm();
    if (!this.#pages.has(this.#view.page)) this.#open(this.#view);
    // The other pages are there when they are chosen, also while the server is away.
    whenIdle(() => kPages.forEach(({ id }) => loadPage(id)));
    this.#rate.clear();
    return this.#store.connected();
  }

  #received(message) {
    const { changed, requests } = this.#store.receive(message);
    if (message.type === 'heartbeat') this.#beat(message);
    if (changed.length > 0) this.#changed();
    if (this.#store.hasNext) this.#switch();
    return requests;
  }

  /** The server has begun another epoch: its cells and the answers that belong to them are shown in one frame. */
  async #switch() {
    if (this.#isSwitching) return;
    this.#isSwitching = true;
    // Another generation's day may be another one, and with it the range that is asked for.
    const urls = this.#urls(this.#context(performance.now(), this.#store.upcoming()));
    await this.#queries.renew(Object.values(urls));
    this.#isSwitching = false;
    if (!this.#store.hasNext) return; // yet another one has begun meanwhile
    this.#store.reveal();
    this.#queries.reveal(Object.values(urls));
    this.#rate.clear();
    this.#hasSwitched = true;
    this.#changed();
  }

  #beat(message) {
    const atMs = performance.now();
    this.#serverClock = { serverMs: Date.parse(message.server_time), atMs };
    const consumed = this.#store.cells('task').reduce((sum, { values }) => sum + (values.consumed ?? 0), 0);
    if (this.#store.isLoaded('task')) this.#rate.add(atMs, consumed);
    this.#draw();
  }

  #tick() {
    const isPublic = pageOf(this.#view.page).isPublic;
    if (isPublic || this.#connection.link.isOpen) this.#queries.refresh(performance.now());
    this.#draw();
  }

  #changed() {
    this.#hasChanged = true;
    this.#draw();
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
    const context = this.#context(nowMs);
    const { link } = this.#connection;
    this.#header.showAsOf(context.asOfMs, context.zone);
    this.#header.showState(
      pageOf(this.#view.page).isPublic ? publicFreshness({ lostMs: this.#queries.lostMs, nowMs }) : freshness({ link, nowMs, ageMs: context.ageMs }),
      { retryMs: link.retryAtMs === null ? null : Math.max(0, link.retryAtMs - nowMs), nowMs },
    );
    const held = this.#pages.get(this.#view.page);
    if (!held) return;
    this.#explain.setZone(context.zone);
    this.#toolbar.showContext(context);
    const isCutOff = pageOf(this.#view.page).isPublic ? this.#queries.lostMs !== null : link.everOpen && !link.isOpen;
    if (setCutOff(isCutOff)) this.#hasChanged = true;
    if (this.#hasChanged) {
      this.#hasChanged = false;
      const urls = this.#urls(context);
      this.#queries.want(Object.values(urls));
      if (link.isOpen || pageOf(this.#view.page).isPublic) this.#queries.refresh(nowMs);
      const answers = Object.entries(urls).map(([name, url]) => [name, this.#queries.datum(url)]);
      held.page.update({ ...context, answers: Object.fromEntries(answers) });
    }
    held.page.tick?.(context);
    if (this.#hasSwitched) redrawCharts();
    this.#hasSwitched = false;
  }

  /** Of the answers that the page asks for, by name. */
  #urls(context) {
    return this.#pages.get(this.#view.page)?.page.queries?.(context) ?? {};
  }

  /** What a page is shown from. */
  #context(nowMs, store = this.#store) {
    const asOfMs = asOf(store);
    const zone = zoneOfDays(store.cells('hospital:1d').slice(-2));
    const dayOfAsOf = cellsOfDay(store, 'hospital:1d', asOfMs)[0]?.window.start.slice(0, 10);
    // Without any data a range still ends somewhere: on the server's today.
    const serverMs = store.isLoaded('census') && store.isLoaded('hospital:1d') ? Date.parse(store.serverTime) : NaN;
    const lastMs = asOfMs ?? (Number.isNaN(serverMs) ? null : serverMs);
    const today = dayOfAsOf ?? (lastMs === null ? null : zone.isoDate(lastMs));
    return {
      store,
      view: this.#view,
      asOfMs,
      zone,
      today,
      span: spanOf(this.#view.range, today),
      link: this.#connection.link,
      nowMs,
      ageMs: this.#ageMs(asOfMs, nowMs),
      slowestAgeMs: this.#ageMs(Date.parse(store.watermark), nowMs),
      ageOf: (ms) => this.#ageMs(ms, nowMs),
      rate: this.#rate.perSecond,
      hasSwitched: this.#hasSwitched,
    };
  }

  /** Time since `ms` on the server's clock, which may not be the viewer's; null when either is not known. */
  #ageMs(ms, nowMs) {
    if (!this.#serverClock || ms === null || Number.isNaN(ms)) return null;
    return this.#serverClock.serverMs + (nowMs - this.#serverClock.atMs) - ms;
  }
}
