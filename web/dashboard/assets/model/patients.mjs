// Who the patients are, in groups; never one of them.
import { compareNames } from '../format.mjs';
import { known, none } from './datum.mjs';
import { groupBy, largest, ratio, sumCells, total } from './sums.mjs';

const kWhyNone = 'no patient has checked in yet';
const kCities = 12;
/** Visits a patient has had; the last group is open. */
const kMostVisits = 8;

export function patientsModel({ answers }) {
  const answer = answers.patients;
  if (answer.kind !== 'value') {
    const parts = ['patients', 'returning', 'visits', 'share', 'ages', 'genders', 'cities', 'frequency'];
    return Object.fromEntries(parts.map((name) => [name, answer]));
  }
  const { cells } = answer.body;
  const patients = sumCells(cells, (values) => values.patients, kWhyNone);
  const returning = sumCells(cells, (values) => values.returning, kWhyNone);
  const visits = sumCells(cells, (values) => values.visits, kWhyNone);
  return {
    patients,
    returning,
    visits,
    share: ratio(returning, patients, kWhyNone),
    ages: groups(cells, 'age_group', compareNames),
    genders: groups(cells, 'gender'),
    cities: groups(cells, 'city'),
    frequency: frequency(cells),
  };
}

/** [{name, value, share}]; by size unless an order of names is given. */
function groups(cells, dim, order) {
  const all = total(cells.map(({ values }) => values.patients));
  if (all === 0) return none(kWhyNone);
  const rows = groupBy(cells, ({ dims }) => dims[dim]).map(([name, list]) => ({
    name,
    value: total(list.map(({ values }) => values.patients)),
    returning: total(list.map(({ values }) => values.returning)),
  }));
  const { top, others } = largest(rows, kCities);
  const most = top[0].value;
  if (order) top.sort((a, b) => order(a.name, b.name));
  if (others.length > 0) {
    const value = total(others.map((row) => row.value));
    top.push({ name: `${others.length} more`, value, returning: total(others.map((row) => row.returning)) });
  }
  return { kind: 'value', rows: top.map((row) => ({ ...row, share: row.value / all, ofLargest: row.value / most })) };
}

function frequency(cells) {
  const counts = new Map();
  for (const { values } of cells)
    for (const [visits, count] of values.visits_per_patient?.minutes ?? []) {
      const group = Math.min(visits, kMostVisits);
      counts.set(group, (counts.get(group) ?? 0) + count);
    }
  if (counts.size === 0) return none(kWhyNone);
  const all = total([...counts.values()]);
  return {
    kind: 'value',
    rows: Array.from({ length: Math.max(...counts.keys()) }, (_, i) => {
      const value = counts.get(i + 1) ?? 0;
      return { visits: i + 1, name: i + 1 === kMostVisits ? `${kMostVisits} or more` : String(i + 1), value, share: value / all };
    }),
  };
}

export function meanVisits({ visits, patients }) {
  if (visits.kind !== 'value' || patients.kind !== 'value') return visits;
  return { ...known(visits.value / patients.value, kWhyNone), cells: visits.cells };
}
