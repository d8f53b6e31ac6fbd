// Answers of the HTTP API that a page shows: fetched while the page is looked at, again every few seconds, with the tag
// of the last answer, so that what did not change costs next to nothing.
//
// Invariant: the answers that are shown are of one generation, that of the cells. An answer of another one is kept aside
// until the cells are its generation's, too, and both are shown at once (`reveal`).
import { kLoading, none } from './model/datum.mjs';
import { watchDays } from './model/executive.mjs';
import { kPublished, publishedKey } from './model/public.mjs';
import { noteRestatements } from './restated.mjs';
import { cellKey } from './state.mjs';

const kRefreshMs = 5_000;
/** The log itself is read for each of these. */
const kRefreshLogMs = 10_000;
const refreshMs = (url) => (url.startsWith('/events') ? kRefreshLogMs : kRefreshMs);
const kAnswerWithinMs = 20_000;
/** Numbers of another generation are shown after this time although some answers have not come. */
const kRenewWithinMs = 5_000;
/** Answers of another generation are shown after this time although the cells have not followed. */
const kAsideForMs = 15_000;
const kMostPages = 100;
const kMostHeld = 24;

async function get(ask, url, etag) {
  const response = await ask(url, {
    credentials: 'same-origin',
    cache: 'no-store',
    headers: etag ? { 'If-None-Match': etag } : {},
    signal: AbortSignal.timeout(kAnswerWithinMs),
  });
  if (response.status === 304) return null;
  const body = await response.json();
  if (response.ok) return { body, etag: response.headers.get('ETag') };
  throw Object.assign(new Error(body.detail ?? `status ${response.status}`), { isAnswer: true });
}

/** All pages of an answer with cells or rows, as one. */
async function getWhole(ask, url, etag) {
  const first = await get(ask, url, etag);
  const list = first?.body.cells ? 'cells' : 'rows';
  if (!first?.body.next || !first.body[list]) return first;
  const all = [...first.body[list]];
  for (let next = first.body.next, pages = 1; next && pages < kMostPages; pages += 1) {
    const more = await get(ask, `${url}&cursor=${encodeURIComponent(next)}`);
    if (more.body.generation !== first.body.generation) throw new Error('another generation is served');
    all.push(...more.body[list]);
    next = more.body.next;
  }
  return { body: { ...first.body, [list]: all, next: null }, etag: null };
}

/** The name of the generation that an answer is made from; null where it is made from none. */
const generationOf = (body) => (typeof body?.generation === 'string' ? body.generation : null);
const newEntry = () => ({ datum: kLoading, body: null, etag: null, atMs: -Infinity, lostMs: null, isOnItsWay: false, next: null });

export class Queries {
  #held = new Map(); // url -> {datum, body, etag, atMs, lostMs, isOnItsWay, next}; next: {datum, etag, sinceMs} of another generation
  #wanted = new Set();
  #generation = null; // that is shown
  #turn = 0; // how often another one took its place
  #ask;
  #onChange;
  #days;

  /** `ask` is as fetch(); `isDayOver(date)`: whether the local day has closed. */
  constructor(ask, onChange, isDayOver) {
    this.#ask = ask;
    this.#onChange = onChange;
    this.#days = watchDays(isDayOver);
  }

  /** These are wanted now. Of the others the newest are kept, for who comes back to a page while the server is away. */
  want(urls) {
    this.#wanted = new Set(urls);
    for (const url of this.#wanted) this.#hold(url);
    for (const url of this.#held.keys()) if (this.#held.size > kMostHeld) this.#held.delete(url);
  }

  /** Asks for what is due. Nothing is asked for a page that nobody sees. */
  refresh(nowMs) {
    if (document.hidden) return;
    for (const [url, held] of this.#held)
      if (this.#wanted.has(url) && !held.isOnItsWay && nowMs - held.atMs >= refreshMs(url)) this.#fetch(url, held);
  }

  /** Asks anew for these, which will be wanted, and keeps the answers aside. Ends when they have come, or with the time for it. */
  async renew(urls) {
    const all = urls.map((url) => this.#fetch(url, this.#hold(url), { isAside: true }));
    const timeIsOver = new Promise((resolve) => {
      setTimeout(resolve, kRenewWithinMs);
    });
    await Promise.race([Promise.all(all), timeIsOver]);
  }

  /** These are wanted: shows what was kept aside. What did not come is loading, and the rest is forgotten: it was of another generation. */
  reveal(urls) {
    this.want(urls);
    this.#turn += 1;
    this.#generation = null;
    for (const [url, { next, body }] of this.#held) {
      if (!this.#wanted.has(url)) this.#held.delete(url);
      else this.#held.set(url, { ...newEntry(), body, ...(next && { etag: next.etag, atMs: performance.now() }) });
      if (next && this.#wanted.has(url)) this.#show(this.#held.get(url), next.datum);
    }
  }

  /** {kind: 'value', body}, loading, or none with the server's words. */
  datum(url) {
    return this.#held.get(url)?.datum ?? kLoading;
  }

  /** Since when what is wanted cannot be reached; null while it can. */
  get lostMs() {
    const since = [...this.#wanted].map((url) => this.#held.get(url)?.lostMs ?? null).filter((ms) => ms !== null);
    return since.length > 0 ? Math.min(...since) : null;
  }

  #hold(url) {
    const held = this.#held.get(url) ?? newEntry();
    this.#held.delete(url); // the newest come last
    this.#held.set(url, held);
    return held;
  }

  async #fetch(url, held, { isAside = false } = {}) {
    const turn = this.#turn;
    held.isOnItsWay = true;
    const answer = await getWhole(this.#ask, url, isAside ? null : held.etag).catch((error) => ({ error }));
    held.isOnItsWay = false;
    held.atMs = performance.now();
    held.lostMs = answer?.error && !answer.error.isAnswer ? (held.lostMs ?? held.atMs) : null;
    if (turn !== this.#turn || this.#held.get(url) !== held) return; // asked of what is not shown any more
    this.#take(held, answer, isAside);
    this.#onChange();
  }

  #take(held, answer, isAside) {
    if (!answer) return; // as it was
    // What could not be reached keeps its numbers: the header says how old they are.
    if (answer.error && !answer.error.isAnswer) return;
    const datum = answer.error ? none(answer.error.message) : { kind: 'value', body: answer.body };
    const generation = generationOf(answer.body);
    const isOther = generation !== null && this.#generation !== null && generation !== this.#generation;
    const sinceMs = held.next?.sinceMs ?? performance.now();
    if (isAside || (isOther && performance.now() - sinceMs < kAsideForMs)) {
      held.next = { datum, etag: answer.etag, sinceMs };
      return;
    }
    if (isOther) this.#generation = generation;
    Object.assign(held, { etag: answer.etag, next: null });
    this.#show(held, datum);
  }

  #show(held, datum) {
    held.datum = datum;
    if (datum.kind !== 'value') return;
    this.#generation ??= generationOf(datum.body);
    this.#note(held.body ?? {}, datum.body);
    held.body = datum.body;
  }

  /** What of the answer changed after its window had closed. */
  #note(before, after) {
    noteRestatements(before.cells, after.cells, cellKey);
    noteRestatements(before.rows, after.rows, ({ date }) => date, this.#days);
    for (const list of ['departments', 'totals']) noteRestatements(before[list], after[list], publishedKey, kPublished);
  }
}
