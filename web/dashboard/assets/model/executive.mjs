// The daily KPIs of the mart, this period beside the one before, and what the hospital's days add to them.
import { hasValue } from '../format.mjs';
import { asEarlier } from '../restated.mjs';
import { kLoading, known, none, whenLoaded } from './datum.mjs';
import { addDays, dateOf, datesOf, isWithin, shortDate, spanBefore } from './span.mjs';
import { complement, groupBy, overTime, ratio, restated, sumCells, total } from './sums.mjs';

export const kTopics = ['hospital:1d', 'access:1d'];
/** Visits to be done within four hours: the standard of emergency care. */
export const kFourHourTarget = 0.95;
const kWhyNone = 'no day of this range has been counted yet';

export const kNoStay = 'nobody was discharged in this range';

const cents = (decimal) => (decimal === null || decimal === undefined ? null : Math.round(Number(decimal) * 100));

/** Rows of the mart as numbers: money in cents. */
export function rowsOf(answer) {
  return answer.body.rows.map((row) => ({
    ...row,
    total_revenue: cents(row.total_revenue),
    insurance_revenue: cents(row.insurance_revenue),
    patient_revenue: cents(row.patient_revenue),
    payment_rate_pct: row.payment_rate_pct === null ? null : Number(row.payment_rate_pct),
    avg_length_of_stay_days: row.avg_length_of_stay_days === null ? null : Number(row.avg_length_of_stay_days),
  }));
}

function sum(rows, name) {
  const values = rows.map((row) => row[name]).filter(hasValue);
  return values.length > 0 ? total(values) : null;
}

function paymentRate(rows) {
  const [paid, pending] = [sum(rows, 'paid_bills'), sum(rows, 'pending_bills')];
  return paid + pending > 0 ? paid / (paid + pending) : null;
}

/** Mean of the days' means, each day with its admissions' weight. */
function stay(rows) {
  const used = rows.filter((row) => hasValue(row.avg_length_of_stay_days) && row.total_admissions > 0);
  const weight = sum(used, 'total_admissions');
  return weight ? total(used.map((row) => row.avg_length_of_stay_days * row.total_admissions)) / weight : null;
}

const kMeasures = {
  total_visits: (rows) => sum(rows, 'total_visits'),
  completed_visits: (rows) => sum(rows, 'completed_visits'),
  total_admissions: (rows) => sum(rows, 'total_admissions'),
  stay_days: stay,
  revenue: (rows) => sum(rows, 'total_revenue'),
  payment_rate: paymentRate,
  new_patients: (rows) => sum(rows, 'new_patients'),
};

export function executiveModel({ store, span, answers }) {
  const answer = span ? answers.daily : kLoading;
  const model = { days: datum(answer, span, daysOf), months: datum(answer, span, monthsOf), tiles: {} };
  for (const [name, measure] of Object.entries(kMeasures)) model.tiles[name] = tile(answer, span, measure);
  model.tiles.four_hours = fourHours(store, span);
  model.patients = span ? patients(store, span) : kLoading;
  return model;
}

/** What of a day's row does not change once the day is over. Bills are paid later: money goes on. */
const kSettled = ['total_visits', 'completed_visits', 'total_admissions', 'avg_length_of_stay_days', 'new_patients'];
const settledOf = (row) => Object.fromEntries(kSettled.map((name) => [name, row[name]]));

/** How rows of the mart are watched for changes after closing. */
export const watchDays = (isDayOver) => ({ isClosed: ({ date }) => isDayOver(date), valuesOf: settledOf });

/** The answer as it was before days that were over changed; null: none did. */
function earlierAnswer({ body }) {
  const earlier = asEarlier(body.rows);
  return earlier && { body: { rows: body.rows.map((row, i) => ({ ...row, ...settledOf(earlier[i]) })) } };
}

function within(answer, span) {
  return rowsOf(answer).filter(({ date }) => isWithin(span, date));
}

function datum(answer, span, make) {
  if (answer.kind !== 'value') return answer;
  const rows = within(answer, span);
  if (rows.length === 0) return none(kWhyNone);
  const before = earlierAnswer(answer);
  return { ...make(rows, span, answer), ...(before && { earlier: make(within(before, span), span, before).rows }) };
}

/** The days, or none where no day has the value. */
export function withValues(days, name, why) {
  return days.kind === 'value' && !days.rows.some((row) => hasValue(row[name])) ? none(why) : days;
}

function tile(answer, span, measure) {
  if (answer.kind !== 'value') return answer;
  const rows = within(answer, span);
  const source = {
    words: `${rows.length} ${rows.length === 1 ? 'row' : 'rows'} of the mart daily-kpis`,
    href: `/api/v1/marts/daily-kpis?from=${span.from}&to=${addDays(span.to, 1)}`,
  };
  const earlier = earlierAnswer(answer);
  const datumNow = { ...known(measure(rows), measure === stay ? kNoStay : kWhyNone), before: measure(within(answer, spanBefore(span))), source };
  return restated(datumNow, earlier && measure(within(earlier, span)));
}

function daysOf(rows, span, answer) {
  const byDate = new Map(rowsOf(answer).map((row) => [row.date, row]));
  const earlier = datesOf(spanBefore(span));
  const dates = datesOf(span);
  const first = dates.findIndex((date) => byDate.has(date));
  return {
    kind: 'value',
    days: dates.length,
    rows: dates.slice(first).map((date, i) => {
      const row = byDate.get(date);
      return {
        date,
        name: shortDate(date),
        ...row,
        visits_before: byDate.get(earlier[i + first])?.total_visits ?? null,
        admission_rate: row?.total_visits ? row.total_admissions / row.total_visits : null,
      };
    }),
  };
}

function monthsOf(rows) {
  return {
    kind: 'value',
    rows: groupBy(rows, ({ date }) => date.slice(0, 7)).map(([month, days]) => ({
      month,
      insurance: sum(days, 'insurance_revenue'),
      patient: sum(days, 'patient_revenue'),
      revenue: sum(days, 'total_revenue'),
      payment_rate: paymentRate(days),
    })),
  };
}

function fourHours(store, span) {
  if (!span) return kLoading;
  return whenLoaded(store, ['access:1d'], () => {
    const cells = store.cells('access:1d').filter((cell) => isWithin(span, dateOf(cell)));
    const why = 'no emergency visit has ended in this range';
    const late = sumCells(cells, ({ stay_over_240: over }) => over, 'not counted yet');
    return complement(ratio(late, sumCells(cells, ({ visits }) => visits, why), why));
  });
}

/** New against returning patients by day. */
export function patients(store, span) {
  return whenLoaded(store, ['hospital:1d'], () => {
    const cells = store.cells('hospital:1d').filter((cell) => isWithin(span, dateOf(cell)));
    return overTime(cells, patientRows);
  });
}

function patientRows(cells) {
  const rows = cells
    .filter(({ values }) => hasValue(values.new_patients))
    .map((cell) => ({
      date: dateOf(cell),
      name: shortDate(dateOf(cell)),
      fresh: cell.values.new_patients,
      returning: cell.values.returning_patients,
    }));
  return rows.length > 0 ? { kind: 'value', rows } : none(kWhyNone);
}
