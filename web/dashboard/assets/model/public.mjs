// The public summary, sorted for reading. Its times are the hospital's own, as written.
import { compareNames } from '../format.mjs';
import { none } from './datum.mjs';
import { overTime } from './sums.mjs';
import { shortDate } from './span.mjs';

const kWhyNone = 'nothing has been published yet';

/** How rows are watched for changes: all of them are of windows that have closed. */
export const kPublished = { isClosed: () => true, valuesOf: ({ department, window, ...numbers }) => numbers };
export const publishedKey = ({ department, window }) => `${department} ${window.size} ${window.start}`;

export function publicModel(answer) {
  if (answer.kind !== 'value') return { day: answer, hour: answer, days: answer };
  const { departments, totals } = answer.body;
  const [day, hour] = ['1d', '1h'].map((size) => overTime(departments, (rows) => newest(rows, size)));
  return { day, hour, days: overTime(totals, daysOf) };
}

function daysOf(totals) {
  const rows = totals
    .filter(({ window }) => window.size === '1d')
    .map(({ window, patients_at_least: patients }) => ({ date: window.start.slice(0, 10), name: shortDate(window.start.slice(0, 10)), patients }))
    .sort((a, b) => (a.date < b.date ? -1 : 1));
  return rows.length > 0 ? { kind: 'value', rows } : none(kWhyNone);
}

const nameOf = ({ size, start, end }) => {
  const day = shortDate(start.slice(0, 10));
  return size === '1d' ? day : `${day}, ${start.slice(11, 16)} to ${end.slice(11, 16)}`;
};

function newest(departments, size) {
  const rows = departments.filter(({ window }) => window.size === size);
  if (rows.length === 0) return none(kWhyNone);
  const last = rows.reduce((a, b) => (Date.parse(b.window.start) > Date.parse(a.window.start) ? b : a)).window;
  const shown = rows.filter(({ window }) => window.start === last.start).sort((a, b) => compareNames(a.department, b.department));
  return { kind: 'value', name: nameOf(last), rows: shown };
}
