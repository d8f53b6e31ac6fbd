// Executive: the mart's daily KPIs with the period before and targets.
import { formatChange, formatCount, formatDecimal, formatMoney, formatMoneyShort, formatRatio } from '../format.mjs';
import { executiveModel, kFourHourTarget, kNoStay, kTopics, withValues } from '../model/executive.mjs';
import { addDays, countDays, monthName, spanBefore } from '../model/span.mjs';
import { columnsPlot } from '../plots.mjs';
import { ChartPanel } from '../views/panel.mjs';
import { addTiles } from '../views/section.mjs';

/** A day that is still running is part of the one period and not of the other: said, because it makes a difference. */
function onBefore(change, { span, today }) {
  const days = countDays(span);
  return `${change} on the ${days === 1 ? 'day' : `${days} days`} before${today === span.to ? ', today so far' : ''}`;
}
function note({ value, before }, context) {
  const change = formatChange(value, before);
  return change ? onBefore(change, context) : 'nothing to compare with';
}
const noteOfRate = ({ value, before }, context) => {
  if (before === null || before === undefined) return 'nothing to compare with';
  const points = Math.round(1000 * (value - before)) / 10;
  return onBefore(points === 0 ? 'no change' : `${points < 0 ? '−' : '+'}${formatDecimal(Math.abs(points))} points`, context);
};
const tile = (id, title, define, rest = {}) => ({ id, title, define, of: ({ tiles }) => tiles[id], note, ...rest });

const kTiles = [
  tile('total_visits', 'Visits', 'Every visit that became known, at its check-in or, without one, at its cancellation or no-show.'),
  tile('completed_visits', 'Completed', 'Visits by the local day of their completion.'),
  tile('total_admissions', 'Admissions', 'Admissions by the local day on which they began.'),
  tile('stay_days', 'Length of stay', 'Mean days from admission to discharge: the days of the mart, weighted with their admissions.', {
    format: (days) => `${formatDecimal(Math.round(days * 100) / 100)} d`,
  }),
  tile('revenue', 'Revenue', 'Totals of all bills, by the local day of the bill, in whole units of the currency.', { format: formatMoneyShort }),
  tile('payment_rate', 'Payment rate', 'Paid bills out of all bills of the range. A bill is paid when its status says so or its payments reach its total.', {
    format: formatRatio,
    note: noteOfRate,
  }),
  tile('new_patients', 'New patients', 'Patients whose first check-in ever lies in the range.'),
  tile('four_hours', 'Done within 4 hours', 'Emergency visits that ended 240 minutes or less after check-in, out of those that ended.', {
    format: formatRatio,
    note: ({ value }) => `target ${formatRatio(kFourHourTarget)}: ${value >= kFourHourTarget ? 'met' : 'missed'}`,
  }),
];

const kDay = { title: 'Day', of: ({ date }) => date };

/** The line of the period before, where there was one. */
function earlierVisits(rows, days) {
  const values = rows.map((row) => row.visits_before);
  if (values.every((value) => value === null)) return [];
  return [{ name: days === 1 ? 'the day before' : `${days} days earlier`, values, kind: 'line', faint: true }];
}

export default class ExecutivePage {
  static topics = kTopics;
  #tiles;
  #visits;
  #revenue;
  #admissions;
  #stay;
  #patients;

  constructor(root, { explain }) {
    this.#tiles = addTiles(root, 'executive', 'Key figures', kTiles, explain);
    this.#visits = new ChartPanel(root, {
      id: 'executive-visits',
      title: 'Visits a day',
      span: 7,
      columns: [
        kDay,
        { title: 'Visits', of: (row) => row.total_visits, format: formatCount },
        { title: 'Completed', of: (row) => row.completed_visits, format: formatCount },
        { title: 'Period before', of: (row) => row.visits_before, format: formatCount },
      ],
      label: ({ rows }) => `Visits a day, ${rows.length} days; last ${formatCount(rows.at(-1).total_visits)}`,
      option: ({ rows, days }, tokens) =>
        columnsPlot(
          {
            names: rows.map(({ name }) => name),
            series: [
              { name: 'visits', values: rows.map((row) => row.total_visits ?? null) },
              ...earlierVisits(rows, days),
            ],
          },
          tokens,
        ),
    });
    this.#revenue = new ChartPanel(root, {
      id: 'executive-revenue',
      title: 'Revenue by month and source',
      about: 'of the range chosen, in whole units of the currency',
      span: 5,
      columns: [
        { title: 'Month', of: ({ month }) => month, format: monthName },
        { title: 'Insurance', of: (row) => row.insurance, format: formatMoney },
        { title: 'Patients', of: (row) => row.patient, format: formatMoney },
        { title: 'All', of: (row) => row.revenue, format: formatMoney },
      ],
      label: ({ rows }) => `Revenue of ${rows.length} months, insurance and patients`,
      option: ({ rows }, tokens) =>
        columnsPlot(
          {
            names: rows.map(({ month }) => monthName(month)),
            format: formatMoneyShort,
            series: [
              { name: 'insurance', values: rows.map((row) => row.insurance), stack: 'all' },
              { name: 'patients', values: rows.map((row) => row.patient), stack: 'all' },
            ],
          },
          tokens,
        ),
    });
    this.#admissions = new ChartPanel(root, this.#line('executive-admission-rate', 'Admission rate', 'admissions out of visits, by day', 'admission_rate', formatRatio));
    this.#stay = new ChartPanel(root, this.#line('executive-stay', 'Length of stay', 'mean days, by day of discharge', 'avg_length_of_stay_days', formatDecimal));
    this.#patients = patientsPanel(root, 'executive-patients');
  }

  #line(id, title, about, field, format) {
    return {
      id,
      title,
      about,
      span: 4,
      columns: [kDay, { title: 'Admissions', of: (row) => row.total_admissions, format: formatCount }, { title, of: (row) => row[field], format }],
      label: ({ rows }) => `${title}, ${rows.length} days; last ${format(rows.findLast((row) => row[field] !== null)?.[field])}`,
      option: ({ rows }, tokens) =>
        columnsPlot({ names: rows.map(({ name }) => name), format, series: [{ name: title.toLowerCase(), kind: 'line', values: rows.map((row) => row[field] ?? null) }] }, tokens),
    };
  }

  queries({ span }) {
    return span ? { daily: `/api/v1/marts/daily-kpis?from=${spanBefore(span).from}&to=${addDays(span.to, 1)}&limit=10000` } : {};
  }

  update(context) {
    const model = executiveModel(context);
    this.#tiles.update({ ...model, span: context.span, today: context.today });
    const isRunning = context.span?.to === context.today;
    this.#visits.update(model.days, isRunning ? 'the last day is still running' : 'local days');
    this.#admissions.update(withValues(model.days, 'admission_rate', 'no visit of this range has been counted yet'));
    this.#stay.update(withValues(model.days, 'avg_length_of_stay_days', kNoStay));
    this.#revenue.update(model.months);
    this.#patients.update(model.patients);
  }
}

/** New against returning by day: also part of the page "Patients". */
export function patientsPanel(root, id, span = 4) {
  return new ChartPanel(root, {
    id,
    title: 'New and returning patients',
    about: 'by day of the check-in',
    span,
    columns: [
      kDay,
      { title: 'New', of: (row) => row.fresh, format: formatCount },
      { title: 'Returning', of: (row) => row.returning, format: formatCount },
    ],
    label: ({ rows }) => `New and returning patients of ${rows.length} days; last ${formatCount(rows.at(-1).fresh)} new, ${formatCount(rows.at(-1).returning)} returning`,
    option: ({ rows }, tokens) =>
      columnsPlot(
        {
          names: rows.map(({ name }) => name),
          series: [
            { name: 'new', values: rows.map((row) => row.fresh), stack: 'all' },
            { name: 'returning', values: rows.map((row) => row.returning), stack: 'all' },
          ],
        },
        tokens,
      ),
  });
}
