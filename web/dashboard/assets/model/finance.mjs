// Money of a range of days: by department (which may be filtered), payer and treatment. All in cents.
import { asEarlier } from '../restated.mjs';
import { kLoading, known, none, whenLoaded } from './datum.mjs';
import { dateOf, isWithin, monthName, shortDate } from './span.mjs';
import { groupBy, largest, overTime, ratio, restated, sumCells, total } from './sums.mjs';

export const kTopics = ['organization:month'];
const kTop = 10;
const kWhyNone = 'no bill, payment or claim of this range has been counted yet';
const kSums = ['billed_cents', 'insurance_cents', 'patient_cents', 'paid_cents', 'paid_bills', 'pending_bills'];

const sumOf = (cells, name) => total(cells.map(({ values }) => values[name] ?? 0));

export function financeModel({ store, view, span, answers }) {
  const answer = span ? answers.money : kLoading;
  const tiles = tilesOf(answer, view);
  return {
    tiles,
    trend: from(answer, (cells) => trend(byDepartment(cells, view))),
    months: from(answer, (cells) => months(byDepartment(cells, view))),
    departments: from(answer, (cells) => rowsBy(byDepartment(cells, view), 'department')),
    treatments: from(answer, (cells) => treatments(cells)),
    payers: from(answer, (cells) => rowsBy(cells.filter(({ dims }) => dims.payer !== undefined), 'payer')),
    organizations: span ? organizations(store, span) : kLoading,
  };
}

function from(answer, make) {
  if (answer.kind !== 'value') return answer;
  return overTime(answer.body.cells, (cells) => {
    const rows = make(cells);
    return rows.length > 0 ? { kind: 'value', rows } : none(kWhyNone);
  });
}

function byDepartment(cells, view) {
  const isChosen = ({ department }) => view.departments.length === 0 || view.departments.includes(department);
  return cells.filter(({ dims }) => dims.department !== undefined && isChosen(dims));
}

function tilesOf(answer, view) {
  const names = [...kSums, 'payment_rate', 'largest_payer'];
  if (answer.kind !== 'value') return Object.fromEntries(names.map((name) => [name, answer]));
  const cells = byDepartment(answer.body.cells, view);
  const tiles = Object.fromEntries(kSums.map((name) => [name, sumCells(cells, (values) => values[name], kWhyNone)]));
  const bills = sumCells(cells, (values) => values.paid_bills + values.pending_bills, kWhyNone);
  return { ...tiles, payment_rate: ratio(tiles.paid_bills, bills, kWhyNone), largest_payer: largestPayer(answer.body.cells) };
}

/** The part of all that is billed that hangs on one payer. */
function largestPayer(cells) {
  const ofPayers = cells.filter(({ dims }) => dims.payer !== undefined && dims.payer !== 'unknown');
  const rows = rowsBy(ofPayers, 'payer');
  if (rows.length === 0 || rows[0].billed === 0) return none(kWhyNone);
  const [{ name, share }] = rows;
  const before = rowsBy(asEarlier(ofPayers) ?? [], 'payer').find((row) => row.name === name);
  return restated({ ...known(share), name, cells: ofPayers.filter(({ dims }) => dims.payer === name) }, before?.share);
}

function trend(cells) {
  return groupBy(cells, dateOf)
    .map(([date, list]) => ({ date, name: shortDate(date), ...moneyOf(list) }))
    .sort((a, b) => (a.date < b.date ? -1 : 1));
}

function months(cells) {
  return groupBy(cells, (cell) => dateOf(cell).slice(0, 7))
    .map(([month, list]) => ({ month, name: monthName(month), ...moneyOf(list) }))
    .sort((a, b) => (a.month < b.month ? -1 : 1));
}

function moneyOf(cells) {
  const [paid, pending] = [sumOf(cells, 'paid_bills'), sumOf(cells, 'pending_bills')];
  const [claimed, covered] = [sumOf(cells, 'claimed_cents'), sumOf(cells, 'covered_cents')];
  return {
    billed: sumOf(cells, 'billed_cents'),
    insurance: sumOf(cells, 'insurance_cents'),
    patient: sumOf(cells, 'patient_cents'),
    paid: sumOf(cells, 'paid_cents'),
    paid_bills: paid,
    pending_bills: pending,
    payment_rate: paid + pending > 0 ? paid / (paid + pending) : null,
    claims: sumOf(cells, 'claims'),
    claimed,
    covered,
    coverage: claimed > 0 ? covered / claimed : null,
  };
}

/** [{name, share, ...money}] by a dimension, the largest bills first. */
function rowsBy(cells, dim) {
  const all = sumOf(cells, 'billed_cents');
  return groupBy(cells, ({ dims }) => dims[dim])
    .map(([name, list]) => ({ name, ...moneyOf(list) }))
    .map((row) => ({ ...row, share: all > 0 ? row.billed / all : null }))
    .sort((a, b) => b.billed - a.billed || (a.name < b.name ? -1 : 1));
}

function treatments(cells) {
  const rows = groupBy(cells.filter(({ dims }) => dims.treatment_code !== undefined), ({ dims }) => dims.treatment_code)
    .map(([name, list]) => ({ name, value: sumOf(list, 'billed_cents') }))
    .filter(({ value }) => value > 0);
  const all = total(rows.map(({ value }) => value));
  const { top } = largest(rows, kTop);
  return top.map((row) => ({ ...row, share: row.value / all, ofLargest: row.value / top[0].value }));
}

function organizationRows(cells) {
  const rows = cells
    .map(({ dims, window, values }) => ({ facility: dims.facility, month: window.start.slice(0, 7), ...values }))
    .map((row) => ({ ...row, key: `${row.facility}, ${monthName(row.month)}` }))
    .sort((a, b) => b.month.localeCompare(a.month) || a.facility.localeCompare(b.facility));
  return rows.length > 0 ? { kind: 'value', rows } : none('no organization has been counted in these months');
}

function organizations(store, span) {
  return whenLoaded(store, ['organization:month'], () => {
    const monthsOf = { from: span.from.slice(0, 7), to: span.to.slice(0, 7) };
    const cells = store.cells('organization:month').filter((cell) => isWithin(monthsOf, dateOf(cell).slice(0, 7)));
    return overTime(cells, organizationRows);
  });
}
