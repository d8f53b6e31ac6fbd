// Answers of the HTTP API that a page shows: fetched while the page is looked at, again every few seconds, with the tag
// of the last answer, so that what did not change costs next to nothing.
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
const kMostPages = 100;
const kMostHeld = 24;

async function get(url, etag) {
  const response = await fetch(url, {
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
async function getWhole(url, etag) {
  const first = await get(url, etag);
  const list = first?.body.cells ? 'cells' : 'rows';
  if (!first?.body.next || !first.body[list]) return first;
  const all = [...first.body[list]];
  for (let next = first.body.next, pages = 1; next && pages < kMostPages; pages += 1) {
    const more = await get(`${url}&cursor=${encodeURIComponent(next)}`);
    all.push(...more.body[list]);
    next = more.body.next;
  }
  return { body: { ...first.body, [list]: all, next: null }, etag: null };
}

export class Queries {
  #held = new Map(); // url -> {datum, body, etag, atMs, isOnItsWay}
  #wanted = new Set();
  #onChange;
  #days;

  /** `isDayOver(date)`: whether the local day has closed. */
  constructor(onChange, isDayOver) {
    this.#onChange = onChange;
    this.#days = watchDays(isDayOver);
  }

  /** These are wanted now. Of the others the newest are kept, for who comes back to a page while the server is away. */
  want(urls) {
    this.#wanted = new Set(urls);
    for (const url of this.#wanted) {
      const held = this.#held.get(url) ?? { datum: kLoading, body: null, etag: null, atMs: -Infinity, isOnItsWay: false };
      this.#held.delete(url); // the newest come last
      this.#held.set(url, held);
    }
    for (const url of this.#held.keys()) if (this.#held.size > kMostHeld) this.#held.delete(url);
  }

  /** Asks for what is due. Nothing is asked for a page that nobody sees. */
  refresh(nowMs) {
    if (document.hidden) return;
    for (const [url, held] of this.#held)
      if (this.#wanted.has(url) && !held.isOnItsWay && nowMs - held.atMs >= refreshMs(url)) this.#fetch(url, held);
  }

  /** {kind: 'value', body}, loading, or none with the server's words. */
  datum(url) {
    return this.#held.get(url)?.datum ?? kLoading;
  }

  async #fetch(url, held) {
    held.isOnItsWay = true;
    try {
      const answer = await getWhole(url, held.etag);
      if (answer) {
        this.#note(held.body ?? {}, answer.body);
        held.body = answer.body;
        held.datum = { kind: 'value', body: answer.body };
        held.etag = answer.etag;
      }
    } catch (error) {
      // What could not be reached keeps its numbers: the header says how old they are.
      if (error.isAnswer) held.datum = none(error.message);
    }
    held.isOnItsWay = false;
    held.atMs = performance.now();
    if (this.#held.get(url) === held) this.#onChange();
  }

  /** What of the answer changed after its window had closed. */
  #note(before, after) {
    noteRestatements(before.cells, after.cells, cellKey);
    noteRestatements(before.rows, after.rows, ({ date }) => date, this.#days);
    for (const list of ['departments', 'totals']) noteRestatements(before[list], after[list], publishedKey, kPublished);
  }
}
