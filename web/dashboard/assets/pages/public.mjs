// Public: what anybody may see, as the server publishes it, in plain words. Nothing here is computed from anything else.
import { formatCount, formatMinutes, kNoValue } from '../format.mjs';
import { publicModel } from '../model/public.mjs';
import { make } from '../views/dom.mjs';
import { ChartPanel, TablePanel } from '../views/panel.mjs';
import { columnsPlot } from '../plots.mjs';

const patients = (value) => (typeof value === 'number' ? `at least ${formatCount(value)}` : (value ?? kNoValue));
const about = (minutes) => (minutes === null || minutes === undefined ? 'too few to say' : `about ${formatMinutes(minutes)}`);
const kColumns = [
  { title: 'Department', of: ({ department }) => department },
  { title: 'Patients', of: (row) => row.patients, format: patients },
  { title: 'Half were seen within', of: (row) => row.median_wait_minutes, format: about },
  { title: 'Half were done within', of: (row) => row.median_stay_minutes, format: about },
];

export default class PublicPage {
  static topics = [];
  #day;
  #hour;
  #days;

  constructor(root) {
    root.append(
      make(
        'p',
        { class: 'lead' },
        'How busy our departments were, in round numbers. Patients are counted in groups of eleven, and small groups are not shown, ' +
          'so that nobody can be recognised. Only hours and days that are over are shown. It is no advice where to go: in an emergency, call for help.',
      ),
    );
    this.#day = new TablePanel(root, { id: 'public-day', title: 'The last full day', span: 6, columns: kColumns });
    this.#hour = new TablePanel(root, { id: 'public-hour', title: 'The last full hour', span: 6, columns: kColumns });
    this.#days = new ChartPanel(root, {
      id: 'public-days',
      title: 'Patients by day',
      about: 'at least so many, all departments',
      span: 12,
      columns: [{ title: 'Day', of: ({ date }) => date }, { title: 'Patients, at least', of: ({ patients: value }) => value, format: formatCount }],
      label: ({ rows }) => `Patients of ${rows.length} days; last at least ${formatCount(rows.at(-1).patients)}`,
      option: ({ rows }, tokens) =>
        columnsPlot({ names: rows.map(({ name }) => name), series: [{ name: 'at least', values: rows.map((row) => row.patients) }] }, tokens),
    });
  }

  queries() {
    return { summary: '/public/metrics/summary' };
  }

  update({ answers }) {
    const { day, hour, days } = publicModel(answers.summary);
    this.#day.update(day, day.name ?? '');
    this.#hour.update(hour, hour.name ?? '');
    this.#days.update(days);
  }
}
