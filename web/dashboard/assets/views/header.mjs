// As-of time and the state of the connection: always in sight, and told to screen readers only when the state changes.
import { formatAge, kNoValue } from '../format.mjs';
import { byId, setAttribute, setText } from './dom.mjs';

const kThemeOther = { light: 'Dark', dark: 'Light' };
/** The notice is a live region: a state that flickers is not read out again and again. */
const kMinAnnounceMs = 5_000;

export class Header {
  #asOf = byId('as-of');
  #day = byId('as-of-day');
  #status = byId('status');
  #statusText = byId('status-text');
  #notice = byId('notice');
  #announced = { state: null, ms: -Infinity };

  constructor() {
    const button = byId('theme');
    const root = document.documentElement;
    const name = () => {
      setText(button, kThemeOther[root.dataset.theme]);
      setAttribute(button, 'aria-label', `${kThemeOther[root.dataset.theme]} theme`);
    };
    root.addEventListener('themechange', name);
    button.addEventListener('click', () => window.wardpulseTheme.toggle());
    name();
  }

  showPage({ title }) {
    setText(byId('page-title'), title);
    document.title = `${title} · Wardpulse`;
  }

  showAsOf(ms, zone) {
    setText(this.#asOf, ms === null ? kNoValue : zone.timeWithSeconds(ms));
    setText(this.#day, ms === null ? 'no data yet' : `${zone.date(ms)} · ${zone.label}`);
    if (ms !== null) setAttribute(this.#asOf, 'datetime', new Date(ms).toISOString());
  }

  /** `retryMs`: until the next attempt, null when none is waiting. */
  showState({ state, age_ms: ageMs }, { retryMs, nowMs }) {
    setAttribute(this.#status, 'data-state', state);
    setAttribute(document.body, 'data-state', state);
    setText(this.#statusText, statusWords(state, ageMs));
    setAttribute(this.#status, 'title', retryMs === null ? '' : `next attempt in ${formatAge(retryMs)}`);
    if (state === this.#announced.state || nowMs - this.#announced.ms < kMinAnnounceMs) return;
    this.#announced = { state, ms: nowMs };
    setText(this.#notice, noticeWords(state));
  }
}

function statusWords(state, ageMs) {
  const old = ageMs === null ? '' : ` · ${formatAge(ageMs)} old`;
  switch (state) {
    case 'live':
      return 'Live';
    case 'stale':
      return `Stale${old}`;
    case 'reconnecting':
      return `Reconnecting${old}`;
    case 'disconnected':
      return `Disconnected${old}`;
    case 'locked':
      return 'Key needed';
    case 'public':
      return 'Public view';
    default:
      return 'Connecting';
  }
}

function noticeWords(state) {
  switch (state) {
    case 'stale':
      return 'These numbers are not fresh: nothing newer has come from the feed. They hold for the time shown above.';
    case 'reconnecting':
      return 'The connection was lost and is being opened again. The numbers hold for the time shown above.';
    case 'disconnected':
      return 'There is no connection to the server. The page goes on trying; the numbers hold for the time shown above.';
    default:
      return '';
  }
}
