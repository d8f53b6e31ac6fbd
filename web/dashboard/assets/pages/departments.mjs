// Departments: side by side, and one of them on its own by choosing its name.
import { formatCount, formatMinutes, formatMinutesShort, formatRate, formatRatio } from '../format.mjs';
import { departmentsModel, kStayTarget, kTopics, kVisitTypes, kWaitTarget } from '../model/departments.mjs';
import { instantsOf } from '../model/span.mjs';
import { columnsPlot, heatPlot, rowsPlot, spansPlot } from '../plots.mjs';
import { writeAddress } from '../router.mjs';
import { ChartPanel, TablePanel } from '../views/panel.mjs';

const kName = { title: 'Department', of: ({ department }) => department };
const count = (title, of) => ({ title, of, format: formatCount });
const minutes = (title, of) => ({ title, of, format: formatMinutesShort });
/** A mean for a narrow place: 0.4, 9.7, 47. */
const formatMean = (value) => (value < 9.95 ? formatRate(value) : formatCount(value));
const hourName = (hour) => `${String(hour).padStart(2, '0')}:00`;

export default class DepartmentsPage {
  static topics = kTopics;
  #view = null;
  #table;
  #types;
  #heat;
  #waits;
  #stays;
  #flow;

  constructor(root) {
    this.#table = new TablePanel(root, { id: 'departments-compare', title: 'Side by side', about: 'choose a name to see it alone', span: 12, columns: this.#columns() });
    this.#types = new ChartPanel(root, {
      id: 'departments-types',
      title: 'Visits by type',
      about: 'check-ins in the range',
      span: 5,
      columns: [kName, ...kVisitTypes.map((type, i) => count(type, (row) => row.types[i]))],
      label: ({ rows }) => `Visits by type in ${rows.length} departments`,
      option: ({ rows }, tokens) =>
        rowsPlot(
          { names: rows.map((row) => row.department), series: kVisitTypes.map((name, i) => ({ name, values: rows.map((row) => row.types[i]) })) },
          tokens,
        ),
    });
    this.#heat = new ChartPanel(root, {
      id: 'departments-heat',
      title: 'Arrivals by weekday and hour',
      about: 'mean an hour; the newest 8 days of the range',
      span: 7,
      columns: [
        { title: 'Weekday', of: ({ name }) => name },
        { title: 'Hour', of: ({ hour }) => hour, format: hourName },
        { title: 'Arrivals', of: ({ mean }) => mean, format: formatMean },
      ],
      label: ({ rows }) => {
        const most = rows.reduce((a, b) => (b.mean > a.mean ? b : a));
        return `Arrivals by weekday and hour; most on ${most.name} at ${hourName(most.hour)}: ${formatMean(most.mean)}`;
      },
      option: ({ rows, weekdays }, tokens) =>
        heatPlot(
          {
            xs: Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0')),
            ys: weekdays,
            values: rows.map(({ hour, weekday, mean }) => [hour, weekday, Math.round(mean * 10) / 10]),
            format: formatMean,
          },
          tokens,
        ),
    });
    this.#waits = new ChartPanel(root, this.#spans('departments-waits', 'Wait for a clinician', 'wait_minutes', kWaitTarget));
    this.#stays = new ChartPanel(root, this.#spans('departments-stays', 'Stay', 'stay_minutes', kStayTarget));
    this.#flow = this.#makeFlow(root);
  }

  #columns() {
    return [
      { ...kName, href: ({ department }) => writeAddress({ ...this.#view, departments: [department] }) },
      count('Arrivals', (row) => row.checkins),
      count('Completed', (row) => row.completed),
      count('Left', (row) => row.left),
      count('No-show', (row) => row.no_show),
      count('Admissions', (row) => row.admissions),
      minutes('Wait, half within', (row) => row.wait_minutes?.p50),
      minutes('9 in 10 within', (row) => row.wait_minutes?.p90),
      { title: 'Over 1 h', of: (row) => row.wait_over, format: formatRatio },
      minutes('Stay, half within', (row) => row.stay_minutes?.p50),
      minutes('9 in 10 within ', (row) => row.stay_minutes?.p90),
      { title: 'Over 4 h', of: (row) => row.stay_over, format: formatRatio },
    ];
  }

  #spans(id, title, field, target) {
    return {
      id,
      title,
      about: `median to 90th percentile; target ${target / 60} h`,
      span: 6,
      columns: [
        kName,
        count('Visits', (row) => row[field]?.n),
        minutes('Half within', (row) => row[field]?.p50),
        minutes('9 in 10 within', (row) => row[field]?.p90),
        { title: 'Over target', of: (row) => row[field === 'wait_minutes' ? 'wait_over' : 'stay_over'], format: formatRatio },
      ],
      label: ({ rows }) => `${title}: ${rows.map((row) => `${row.department} half within ${formatMinutes(row[field]?.p50)}`).join(', ')}`,
      option: ({ rows }, tokens) =>
        spansPlot(
          {
            names: rows.map((row) => row.department),
            p50: rows.map((row) => row[field]?.p50 ?? null),
            p90: rows.map((row) => row[field]?.p90 ?? null),
            target,
            format: formatMinutesShort,
          },
          tokens,
        ),
    };
  }

  #makeFlow(root) {
    const kinds = [
      ['checkins', 'arrivals'],
      ['completed', 'completed'],
      ['admissions', 'admissions'],
      ['left', 'left'],
    ];
    return new ChartPanel(root, {
      id: 'departments-flow',
      title: 'The day, hour by hour',
      span: 12,
      columns: [
        { title: 'Hour', of: ({ hour }) => hour, format: hourName },
        ...kinds.map(([id, title]) => ({ title, of: (row) => row[id], format: formatRate })),
      ],
      label: ({ days }) => `Arrivals, completed visits, admissions and visits left by hour of the day, mean of ${days} days`,
      option: ({ rows }, tokens) =>
        columnsPlot(
          {
            names: rows.map(({ hour }) => hourName(hour)),
            format: formatRate,
            series: kinds.map(([id, name]) => ({ name, kind: 'line', values: rows.map((row) => row[id]) })),
          },
          tokens,
        ),
    });
  }

  queries({ span, zone }) {
    if (!span) return {};
    const { from, to } = instantsOf(span, zone);
    return { range: `/api/v1/cells?family=department&window=1d&merge=time&histogram=1&from=${from}&to=${to}` };
  }

  update(context) {
    this.#view = context.view;
    const { compare, heat, flow } = departmentsModel(context);
    for (const panel of [this.#table, this.#types, this.#waits, this.#stays]) panel.update(compare);
    this.#heat.update(heat);
    this.#flow.update(flow, flow.kind === 'value' ? `patients an hour, mean of ${flow.days === 1 ? 'one day' : `${flow.days} days`}` : '');
  }
}
