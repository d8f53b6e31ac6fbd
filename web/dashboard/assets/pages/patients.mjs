// Patients: groups only, no row of a person.
import { formatCount, formatDecimal, formatRatio } from '../format.mjs';
import { kLoading } from '../model/datum.mjs';
import { patients } from '../model/executive.mjs';
import { meanVisits, patientsModel } from '../model/patients.mjs';
import { columnsPlot } from '../plots.mjs';
import { ChartPanel, TablePanel } from '../views/panel.mjs';
import { addTiles } from '../views/section.mjs';
import { patientsPanel } from './executive.mjs';

const kTiles = [
  {
    id: 'patients',
    title: 'Patients',
    of: (model) => model.patients,
    note: () => 'with at least one check-in, ever',
    define: 'Patients with at least one check-in since the log began.',
  },
  {
    id: 'returning',
    title: 'Returning',
    of: (model) => model.returning,
    note: (_, { share }) => `${formatRatio(share.value)} of all`,
    define: 'Patients with more than one visit with a check-in.',
  },
  {
    id: 'visits',
    title: 'Visits',
    of: (model) => model.visits,
    note: () => 'with a check-in',
    define: 'Visits of these patients with a check-in.',
  },
  {
    id: 'visits_each',
    title: 'Visits each',
    of: meanVisits,
    format: (value) => formatDecimal(Math.round(value * 100) / 100),
    note: () => 'mean of all patients',
    define: 'Visits with a check-in divided by patients.',
  },
];

function groupsPanel(root, id, title, name) {
  return new TablePanel(root, {
    id,
    title,
    span: 4,
    columns: [
      { title: name, of: (row) => row.name },
      { title: 'Patients', of: (row) => row.value, format: formatCount, bar: (row) => row.ofLargest },
      { title: 'Share', of: (row) => row.share, format: formatRatio },
    ],
  });
}

export default class PatientsPage {
  static topics = [];
  #tiles;
  #panels;
  #fresh;

  constructor(root, { explain }) {
    this.#tiles = addTiles(root, 'patients', 'All patients', kTiles, explain);
    this.#fresh = patientsPanel(root, 'patients-new', 7);
    this.#panels = {
      frequency: new ChartPanel(root, {
        id: 'patients-frequency',
        title: 'Visits a patient has had',
        about: 'ever',
        span: 5,
        columns: [
          { title: 'Visits', of: ({ name }) => name },
          { title: 'Patients', of: ({ value }) => value, format: formatCount },
          { title: 'Share', of: ({ share }) => share, format: formatRatio },
        ],
        label: ({ rows }) => `Patients by number of visits: ${rows.map(({ name, value }) => `${name}: ${formatCount(value)}`).join(', ')}`,
        option: ({ rows }, tokens) =>
          columnsPlot({ names: rows.map(({ name }) => name), series: [{ name: 'patients', values: rows.map(({ value }) => value) }] }, tokens),
      }),
      ages: groupsPanel(root, 'patients-ages', 'Age at the last check-in', 'Years'),
      genders: groupsPanel(root, 'patients-genders', 'Gender', 'Gender'),
      cities: groupsPanel(root, 'patients-cities', 'City', 'City'),
    };
  }

  queries() {
    return { patients: '/api/v1/cells?family=patients&histogram=1&limit=10000' };
  }

  update(context) {
    const model = patientsModel(context);
    this.#tiles.update(model);
    for (const [name, panel] of Object.entries(this.#panels)) panel.update(model[name]);
    this.#fresh.update(context.span ? patients(context.store, context.span) : kLoading);
  }
}
