// The hospital's time zone, as far as a page can know it. Cells of local days carry the zone's offset and no name; when
// the viewer's own zone fits every day held, it is taken to be the same and used by its name, which makes clock changes
// exact.

const kOffset = /([+-])(\d\d):(\d\d)$/;

function offsetMinutes(time) {
  const found = kOffset.exec(time);
  return found ? (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) : 0;
}

function offsetOfZone(timeZone, ms) {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(ms);
  return offsetMinutes(parts.find((part) => part.type === 'timeZoneName').value);
}

function offsetName(minutes) {
  if (minutes === 0) return 'UTC';
  const text = (value) => String(value).padStart(2, '0');
  return `UTC${minutes < 0 ? '−' : '+'}${text(Math.floor(Math.abs(minutes) / 60))}:${text(Math.abs(minutes) % 60)}`;
}

class Zone {
  #name;
  #shiftMs;
  #formats = new Map();

  /** `name` is an IANA name, or null for a fixed offset. */
  constructor(name, minutes) {
    this.#name = name;
    this.#shiftMs = name ? 0 : minutes * 60_000;
    this.label = name && minutes !== 0 ? `${name}, ${offsetName(minutes)}` : offsetName(minutes);
  }

  #format(ms, key, options) {
    let format = this.#formats.get(key);
    if (!format) {
      format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: this.#name ?? 'UTC', hourCycle: 'h23' });
      this.#formats.set(key, format);
    }
    return format.format(ms + this.#shiftMs);
  }

  /** "14:07" */
  time(ms) {
    return this.#format(ms, 'time', { hour: '2-digit', minute: '2-digit' });
  }

  /** "14:07:31" */
  timeWithSeconds(ms) {
    return this.#format(ms, 'seconds', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  }

  /** "Sat 21 November 2026" */
  date(ms) {
    return this.#format(ms, 'date', { weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' }).replace(
      ',',
      '',
    );
  }

  /** "21 Nov" */
  shortDate(ms) {
    return this.#format(ms, 'short', { day: 'numeric', month: 'short' });
  }

  /** "2026-11-21", the local day. */
  isoDate(ms) {
    const parts = this.#format(ms, 'iso', { year: 'numeric', month: '2-digit', day: '2-digit' }).split('/');
    return parts.reverse().join('-');
  }

  /** Midnight of "2026-11-21" there, in milliseconds. */
  startOf(date) {
    const ms = Date.parse(`${date}T00:00:00Z`);
    const offset = (at) => (this.#name ? offsetOfZone(this.#name, at) * 60_000 : this.#shiftMs);
    return ms - offset(ms - offset(ms));
  }

  hour(ms) {
    return Number(this.time(ms).slice(0, 2));
  }
}

/** The zone told by cells of local days (size 1d), the newest last. Without any: UTC. */
export function zoneOfDays(dayCells, viewersZone = Intl.DateTimeFormat().resolvedOptions().timeZone) {
  const times = dayCells.flatMap(({ window }) => [window.start, window.end]);
  if (times.length === 0) return new Zone(null, 0);
  // On a day of a clock change the offset of its end is right for nearly all of it.
  const minutes = offsetMinutes(times.at(-1));
  const fits = times.every((time) => offsetOfZone(viewersZone, Date.parse(time)) === offsetMinutes(time));
  return new Zone(fits ? viewersZone : null, minutes);
}
