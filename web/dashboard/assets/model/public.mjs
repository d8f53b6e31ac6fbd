// The public summary, sorted for reading. Its times are the hospital's own, as written.
import { compareNames } from '../format.mjs';
import { none } from './datum.mjs';
import { shortDate } from './span.mjs';

const kWhyNone = 'nothing has been published yet';

export function publicModel(answer) {
  if (answer.kind !== 'value') return { day: answer, hour: answer, days: answer };
  const { departments, totals } = answer.body;
  const days = totals
    .filter(({ window }) => window.size === '1d')
    .map(({ window, patients_at_least: patients }) => ({ date: window.start.slice(0, 10), name: shortDate(window.start.slice(0, 10)), patients }))
    .sort((a, b) => (a.date < b.date ? -1 : 1));
  return {
    day: newest(departments, '1d', (start) => shortDate(start.slice(0, 10))),
    hour: newest(departments, '1h', (start, end) => `${shortDate(start.slice(0, 10))}, ${start.slice(11, 16)} to ${end.slice(11, 16)}`),
    days: days.length > 0 ? { kind: 'value', rows: days } : none(kWhyNone),
  };
}

function newest(departments, size, nameOf) {
  const rows = departments.filter(({ window }) => window.size === size);
  if (rows.length === 0) return none(kWhyNone);
  const last = rows.reduce((a, b) => (Date.parse(b.window.start) > Date.parse(a.window.start) ? b : a)).window;
  const shown = rows.filter(({ window }) => window.start === last.start).sort((a, b) => compareNames(a.department, b.department));
  return { kind: 'value', name: nameOf(last.start, last.end), rows: shown };
}
