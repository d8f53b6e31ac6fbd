// Is what the page shows fresh? How fast records come, how far behind they are, and the state of the connection.
import { hasValue } from '../format.mjs';
import { known, whenLoaded } from './datum.mjs';
import { newestCell } from './day.mjs';
import { sumCells } from './sums.mjs';

/**
 * Numbers older than this are called stale. More than the 30 s after which a silent feed counts as idle, and its
 * heartbeats.
 */
export const kStaleAfterMs = 60_000;
/** Heartbeats come each second; after this silence the page no longer calls itself live. */
export const kSilentAfterMs = 5_000;
/** Attempts have failed for so long that the page says "disconnected" rather than "reconnecting". It goes on trying. */
export const kDisconnectedAfterMs = 60_000;

const kRateSpanMs = 10_000;
const kMinRateSpanMs = 2_000;

/** Records a second over the last ten seconds, from a total that only grows. */
export class RateMeter {
  #samples = []; // {ms, total}

  add(ms, total) {
    const last = this.#samples.at(-1);
    if (last && (total < last.total || ms < last.ms)) this.#samples = []; // counted anew: another generation is served
    this.#samples.push({ ms, total });
    while (this.#samples.length > 2 && this.#samples[1].ms <= ms - kRateSpanMs) this.#samples.shift();
  }

  clear() {
    this.#samples = [];
  }

  /** null until there is enough to tell. */
  get perSecond() {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || last.ms - first.ms < kMinRateSpanMs) return null;
    return ((last.total - first.total) * 1000) / (last.ms - first.ms);
  }
}

const kOutcomes = ['consumed', 'duplicate', 'rejected', 'held'];

/** What became of the records, over all partitions; and the time from event to number when a number last changed. */
export function feed(store) {
  const totals = kOutcomes.map((name) => [
    name,
    whenLoaded(store, ['task'], () =>
      sumCells(store.cells('task'), (values) => values[name], 'no record has been read yet'),
    ),
  ]);
  const lag = whenLoaded(store, ['census'], () => {
    const cell = newestCell(store);
    const lagMs = cell && Date.parse(cell.updated_at) - Date.parse(cell.watermark);
    return { ...known(lagMs, 'no record has been read yet'), cells: cell ? [cell] : [] };
  });
  return { ...Object.fromEntries(totals), lag };
}

/** The same of the public page, which asks for its numbers and has no connection that is kept open. */
export function publicFreshness({ lostMs, nowMs }) {
  if (lostMs === null) return { state: 'public', age_ms: null };
  return { state: nowMs - lostMs >= kDisconnectedAfterMs ? 'disconnected' : 'reconnecting', age_ms: nowMs - lostMs };
}

/**
 * {state, age_ms}: `live`, `stale`, `reconnecting`, `disconnected`, `connecting` (the first time) or `locked` (a key is
 * needed). Age is that of the numbers. `link` is a connection's, on the clock of `nowMs`.
 */
export function freshness({ link, nowMs, ageMs }) {
  const age_ms = hasValue(ageMs) ? Math.max(0, ageMs) : null;
  if (link.isRefused) return { state: 'locked', age_ms };
  if (!link.isOpen) {
    const isLong = link.downSinceMs !== null && nowMs - link.downSinceMs >= kDisconnectedAfterMs;
    return { state: isLong ? 'disconnected' : link.everOpen ? 'reconnecting' : 'connecting', age_ms };
  }
  const isSilent = nowMs - link.lastMessageMs >= kSilentAfterMs;
  return { state: isSilent || age_ms >= kStaleAfterMs ? 'stale' : 'live', age_ms };
}
