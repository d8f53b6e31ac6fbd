// Spans of local days. A local day is told by its date, as the windows of size 1d write it, so no zone is needed here.
import { kDays } from '../router.mjs';

const kHourMs = 3_600_000;
const kDayMs = 24 * kHourMs;

export const dateOf = (cell) => cell.window.start.slice(0, 10);
const msOf = (date) => Date.parse(`${date}T00:00:00Z`);

export function addDays(date, days) {
  return new Date(msOf(date) + days * kDayMs).toISOString().slice(0, 10);
}

/** Days from `from` to `to`, both included. */
export function countDays({ from, to }) {
  return Math.round((msOf(to) - msOf(from)) / kDayMs) + 1;
}

export function datesOf({ from, to }) {
  return Array.from({ length: countDays({ from, to }) }, (_, i) => addDays(from, i));
}

/** {from, to} of a range of the address, where `today` is the local date; null while that is not known. */
export function spanOf(range, today) {
  if (range?.from) return { from: range.from, to: range.to };
  if (!today || !Object.hasOwn(kDays, range ?? '')) return null;
  return { from: addDays(today, 1 - kDays[range]), to: today };
}

/** As many days just before. */
export function spanBefore(span) {
  return { from: addDays(span.from, -countDays(span)), to: addDays(span.from, -1) };
}

export function isWithin(span, date) {
  return date >= span.from && date <= span.to;
}

/**
 * `from` and `to` for the API, which selects windows by their start as an instant. Two hours before midnight at both ends
 * select the same days, also where the zone is known by its offset alone and the clocks have changed since.
 */
export function instantsOf(span, zone) {
  const instant = (date) => new Date(zone.startOf(date) - 2 * kHourMs).toISOString();
  return { from: instant(span.from), to: instant(addDays(span.to, 1)) };
}

/** Weekday of a date, 0 = Monday. */
export function weekdayOf(date) {
  return (new Date(msOf(date)).getUTCDay() + 6) % 7;
}

/** "21 Nov" */
export function shortDate(date) {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(msOf(date));
}

/** "Nov 2026" of "2026-11" */
export function monthName(month) {
  return new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    msOf(`${month}-01`),
  );
}
