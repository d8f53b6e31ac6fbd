// The WebSocket: kept open, watched, opened again. What is said over it is the business of its owner.

const kSubProtocol = 'wardpulse.v1';
/** Silence after which a connection is given up: the server's heartbeats come each second. */
const kDeadAfterMs = 10_000;
const kFirstRetryMs = 500;
const kLongestRetryMs = 15_000;

/**
 * Wait before attempt `attempt` (0, 1, ...): doubling, and spread out so that a ward's screens do not return all at
 * once.
 */
export function retryDelayMs(attempt, random = Math.random) {
  const longest = Math.min(kLongestRetryMs, kFirstRetryMs * 2 ** attempt);
  return Math.round(longest * (0.5 + random() / 2));
}

/**
 * on.open() returns the messages to send first; on.message(parsed) those to send in answer; on.refused() is called when
 * the session is not good, and nothing is tried until start() is called again; on.change() whenever `link` has changed.
 */
export class Connection {
  /** Times are of performance.now(). `retryAtMs` is null unless an attempt is waiting. */
  link = { isOpen: false, everOpen: false, isRefused: false, lastMessageMs: 0, downSinceMs: null, retryAtMs: null };
  #session;
  #on;
  #socket = null;
  #attempt = 0;
  #retryTimer = null;
  #isOpening = false;
  #renewing = null;

  constructor(session, on) {
    this.#session = session;
    this.#on = on;
    setInterval(() => this.check(), 1000);
    addEventListener('online', () => this.start());
    // After sleep, or in a tab that was in the background, timers are late: look at once.
    addEventListener('visibilitychange', () => this.check());
  }

  /** Opens the connection now, unless it is open. */
  async start() {
    if ((this.#socket && !this.link.isRefused) || this.#isOpening) return;
    clearTimeout(this.#retryTimer);
    this.#isOpening = true;
    this.link.retryAtMs = null;
    this.link.isRefused = false;
    if (!this.link.isOpen) this.link.downSinceMs ??= performance.now();
    this.#on.change();
    const answer = await this.#session.open();
    this.#isOpening = false;
    if (answer === 'open' && this.#socket) this.#on.change();
    else if (answer === 'open') this.#openSocket();
    else if (answer === 'refused') this.#refused();
    else if (!this.#socket) this.#retryLater();
  }

  /** REQUIRES: link.isOpen. */
  send(messages) {
    for (const message of messages) this.#socket.send(JSON.stringify(message));
  }

  /** fetch(), and once more where the session had ended: it does after hours, which an open connection does not notice. */
  async ask(url, options) {
    const answer = await fetch(url, options);
    if (answer.status !== 401) return answer;
    this.#renewing ??= this.#session.open().finally(() => {
      this.#renewing = null;
    });
    const state = await this.#renewing;
    if (state === 'open') return fetch(url, options);
    if (state === 'refused' && !this.link.isRefused) this.#refused();
    return answer;
  }

  /** Gives up a connection on which nothing has come for too long. */
  check() {
    if (this.#socket && performance.now() - this.link.lastMessageMs > kDeadAfterMs) this.#lost(this.#socket);
  }

  #refused() {
    this.link.isRefused = true;
    this.#on.refused();
    this.#on.change();
  }

  #openSocket() {
    const url = new URL('/ws', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, [kSubProtocol]);
    this.#socket = socket;
    this.link.lastMessageMs = performance.now();
    socket.addEventListener('open', () => this.#opened(socket));
    socket.addEventListener('message', ({ data }) => this.#received(socket, data));
    socket.addEventListener('close', () => this.#lost(socket));
  }

  #opened(socket) {
    if (socket !== this.#socket) return;
    Object.assign(this.link, { isOpen: true, everOpen: true, downSinceMs: null, lastMessageMs: performance.now() });
    this.send(this.#on.open());
    this.#on.change();
  }

  #received(socket, text) {
    if (socket !== this.#socket) return;
    this.#attempt = 0; // only a connection on which something comes is a good one
    this.link.lastMessageMs = performance.now();
    for (const message of this.#on.message(JSON.parse(text))) socket.send(JSON.stringify(message));
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    socket.close();
    this.link.isOpen = false;
    this.link.downSinceMs ??= performance.now();
    this.#retryLater();
  }

  #retryLater() {
    const delayMs = retryDelayMs(this.#attempt);
    this.#attempt += 1;
    this.link.retryAtMs = performance.now() + delayMs;
    this.#retryTimer = setTimeout(() => this.start(), delayMs);
    this.#on.change();
  }
}
