// The cells that the page holds: a fold over the server's messages. Pure: no DOM, no clock, no socket.
//
// Invariant: a topic's cells are at every moment those that the server had at (epoch, seq). A message that would break
// it (a delta whose `prev` is not the seq held, another epoch, a heartbeat that is ahead) is answered by a request for
// a snapshot, once, and the cells stay as they are until it comes. Cells carry versions, but are not compared by them:
// order is what seq stands for, and the version of a merged cell falls when a partition withdraws its share.
//
// Invariant: what is shown is of one epoch. When the server begins another (it was started anew, or serves another
// generation), the topics' snapshots are kept aside until all have come, and shown together by `reveal`.
import { noteRestatement } from './restated.mjs';

/** Windows kept per size: as many as a snapshot holds, so that a page open for weeks does not grow. */
export const kWindowsKept = { '10s': 360, '1m': 1440, '1h': 192, '1d': 400, month: 400 };
/** A snapshot that was asked for and did not come is asked for again after this many heartbeats (one a second). */
const kHeartbeatsUntilAskedAgain = 10;
/** Topics of another epoch are shown after so many heartbeats although others have not come. */
const kHeartbeatsUntilShown = 15;

/** Identity of a cell: family, dims and window, whatever the order in which the dims were written. */
export function cellKey({ family, dims, window }) {
  const named = Object.keys(dims)
    .sort()
    .map((name) => [name, dims[name]]);
  return JSON.stringify([family, named, window ? `${window.size} ${window.start}` : null]);
}

/** The start of a cell's window in milliseconds, null for a cell without a window. */
export function windowStart({ window }) {
  return window ? Date.parse(window.start) : null;
}

/** Cells by window, then by key; only the newest windows are kept. */
class Windows {
  #limit;
  #byStart = new Map();

  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  put(cell) {
    const start = windowStart(cell);
    let cells = this.#byStart.get(start);
    if (!cells) {
      cells = new Map();
      this.#byStart.set(start, cells);
      if (this.#byStart.size > this.#limit) this.#byStart.delete(Math.min(...this.#byStart.keys()));
    }
    const key = cellKey(cell);
    noteRestatement(cells.get(key), cell);
    cells.set(key, cell);
  }

  /** What is here takes the place of what is there. */
  follow(older) {
    for (const [start, cells] of this.#byStart)
      for (const [key, cell] of cells) noteRestatement(older.#byStart.get(start)?.get(key), cell);
  }

  remove(identity) {
    const start = windowStart(identity);
    const cells = this.#byStart.get(start);
    if (cells?.delete(cellKey(identity)) && cells.size === 0) this.#byStart.delete(start);
  }

  starts() {
    return [...this.#byStart.keys()].sort((a, b) => a - b);
  }

  at(start) {
    return [...(this.#byStart.get(start)?.values() ?? [])];
  }

  all() {
    return this.starts().flatMap((start) => this.at(start));
  }
}

/** One subscription: where it stands, and the cells held. */
class Topic {
  epoch = null;
  seq = null;
  windows = null; // shown; null: nothing has come yet, which is not the same as no cells
  next = null; // windows of another epoch, not shown yet; epoch and seq are theirs
  awaiting = true; // a snapshot is on its way; until it comes nothing else is applied
  heartbeatsAwaited = 0;
  pieces = null; // {epoch, seq, windows} of a snapshot of which more is to come

  constructor(name) {
    this.name = name;
    this.limit = kWindowsKept[name.split(':')[1]];
  }

  /** The newest that is held: what messages change. */
  get upcoming() {
    return this.next ?? this.windows;
  }

  get isHeld() {
    return this.upcoming !== null;
  }

  get canResume() {
    return this.isHeld && !this.awaiting;
  }

  /** Waits for a snapshot; what has come of an earlier one is void. */
  expectSnapshot() {
    this.awaiting = true;
    this.heartbeatsAwaited = 0;
    this.pieces = null;
  }

  /** Returns whether it is whole, and thus `next`. */
  snapshot(message) {
    const { epoch, seq } = message;
    if (this.pieces?.epoch !== epoch || this.pieces.seq !== seq) {
      this.pieces = { epoch, seq, windows: new Windows(this.limit) };
    }
    for (const cell of message.cells) this.pieces.windows.put(cell);
    this.heartbeatsAwaited = 0;
    if (message.more) return false;
    const { windows } = this.pieces;
    Object.assign(this, { epoch, seq, next: windows, awaiting: false, pieces: null });
    return true;
  }

  /** Shows what was kept aside; returns whether there was something. */
  reveal() {
    if (!this.next) return false;
    if (this.windows) this.next.follow(this.windows);
    this.windows = this.next;
    this.next = null;
    return true;
  }

  /** REQUIRES: fits(message). */
  delta(message) {
    for (const cell of message.cells) this.upcoming.put(cell);
    for (const identity of message.removed ?? []) this.upcoming.remove(identity);
    this.seq = message.seq;
  }

  fits({ epoch, prev }) {
    return epoch === this.epoch && prev === this.seq;
  }

  isOld({ epoch, seq }) {
    return epoch === this.epoch && seq <= this.seq;
  }
}

/** What pages read. */
class Cells {
  #windowsOf;

  /** `windowsOf(name)`: the topic's windows; nothing while none are known. */
  constructor(windowsOf) {
    this.#windowsOf = windowsOf;
  }

  /** Whether a topic's cells are known at all. Until then its numbers are "loading", not zero. */
  isLoaded(name) {
    return Boolean(this.#windowsOf(name));
  }

  /** Starts of the windows held, ascending. */
  windowStarts(name) {
    return this.#windowsOf(name)?.starts() ?? [];
  }

  cellsAt(name, start) {
    return this.#windowsOf(name)?.at(start) ?? [];
  }

  cells(name) {
    return this.#windowsOf(name)?.all() ?? [];
  }
}

/**
 * All subscriptions of one page. `connected` and `receive` answer with the messages to send to the server;
 * the caller sends them in order.
 */
export class CellStore extends Cells {
  #topics;
  #shownEpoch = null;
  #heartbeatsUnshown = 0;
  /** Of the last heartbeat, as the server wrote them; null until one has come. */
  watermark = null;
  serverTime = null;

  constructor(topics) {
    super((name) => this.#topics.get(name)?.windows);
    this.#topics = new Map(topics.map((name) => [name, new Topic(name)]));
  }

  /** Other topics are wanted from now on; those in both stay as they are. */
  use(topics) {
    const wanted = new Set(topics);
    const added = [...wanted].filter((name) => !this.#topics.has(name));
    const removed = [...this.#topics.keys()].filter((name) => !wanted.has(name));
    for (const name of removed) this.#topics.delete(name);
    for (const name of added) this.#topics.set(name, new Topic(name));
    return [
      ...(removed.length > 0 ? [{ op: 'unsubscribe', topics: removed }] : []),
      ...(added.length > 0 ? [{ op: 'subscribe', topics: added }] : []),
    ];
  }

  /** A new connection is open. Cells already held are kept, and resumed where the server can do that. */
  connected() {
    const resume = {};
    for (const topic of this.#topics.values()) {
      if (topic.canResume) resume[topic.name] = { epoch: topic.epoch, seq: topic.seq };
      else topic.expectSnapshot();
    }
    const subscribe = { op: 'subscribe', topics: [...this.#topics.keys()] };
    return [Object.keys(resume).length > 0 ? { ...subscribe, resume } : subscribe];
  }

  /** A message of the server, parsed. Unknown types and topics are ignored: newer servers may have more to say. */
  receive(message) {
    switch (message.type) {
      case 'snapshot':
        return this.#snapshot(message);
      case 'delta':
        return this.#delta(message);
      case 'heartbeat':
        return this.#heartbeat(message);
      default:
        return { changed: [], requests: [] };
    }
  }

  /** Whether another epoch than the one that is shown is held as a whole: to be shown by `reveal`. */
  get hasNext() {
    const held = [...this.#topics.values()].filter(({ isHeld }) => isHeld);
    const [first] = held;
    return held.length > 0 && first.epoch !== this.#shownEpoch && held.every(({ epoch }) => epoch === first.epoch);
  }

  /** Shows what was kept aside. Returns the topics whose cells are others now. */
  reveal() {
    this.#heartbeatsUnshown = 0;
    const changed = [...this.#topics.values()].filter((topic) => topic.reveal());
    this.#shownEpoch = changed[0]?.epoch ?? this.#shownEpoch;
    return changed.map(({ name }) => name);
  }

  /** The cells as they will be after `reveal`. */
  upcoming() {
    const cells = new Cells((name) => this.#topics.get(name)?.upcoming);
    return Object.assign(cells, { watermark: this.watermark, serverTime: this.serverTime });
  }

  #snapshot(message) {
    const topic = this.#topics.get(message.topic);
    if (!topic?.snapshot(message)) return { changed: [], requests: [] };
    // The first cells of all, and those of the epoch that is shown, have nothing to wait for.
    const isShown = [...this.#topics.values()].some(({ windows }) => windows);
    if (!isShown) this.#shownEpoch = topic.epoch;
    if (topic.epoch !== this.#shownEpoch) return { changed: [], requests: [] };
    topic.reveal();
    return { changed: [topic.name], requests: [] };
  }

  #delta(message) {
    const topic = this.#topics.get(message.topic);
    if (!topic || topic.awaiting || topic.isOld(message)) return { changed: [], requests: [] };
    if (!topic.fits(message)) return { changed: [], requests: this.#ask([topic]) };
    topic.delta(message);
    return { changed: topic.next ? [] : [topic.name], requests: [] };
  }

  #heartbeat(message) {
    const isOfShown = Object.values(message.topics).every(({ epoch }) => epoch === this.#shownEpoch);
    if (isOfShown || this.watermark === null) this.watermark = message.watermark;
    this.serverTime = message.server_time;
    // A topic that never comes must not keep the others from being shown.
    const isKeptAside = [...this.#topics.values()].some(({ next }) => next);
    this.#heartbeatsUnshown = isKeptAside ? this.#heartbeatsUnshown + 1 : 0;
    const changed = this.#heartbeatsUnshown > kHeartbeatsUntilShown ? this.reveal() : [];
    const missing = [];
    for (const topic of this.#topics.values()) {
      const server = message.topics[topic.name];
      if (topic.awaiting) {
        topic.heartbeatsAwaited += 1;
        if (topic.heartbeatsAwaited >= kHeartbeatsUntilAskedAgain) missing.push(topic);
      } else if (server && (server.epoch !== topic.epoch || server.seq > topic.seq)) {
        missing.push(topic);
      }
    }
    return { changed, requests: this.#ask(missing) };
  }

  #ask(topics) {
    for (const topic of topics) topic.expectSnapshot();
    return topics.length > 0 ? [{ op: 'snapshot', topics: topics.map((topic) => topic.name) }] : [];
  }
}
