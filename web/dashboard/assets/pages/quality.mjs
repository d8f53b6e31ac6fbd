// Data quality: what was judged, what failed and why, and who has gone quiet.
import { formatAge, formatCount, formatRatio } from '../format.mjs';
import { feed } from '../model/feed.mjs';
import { kSilentAfterMs, kTopics, qualityModel, rejects } from '../model/quality.mjs';
import { columnsPlot } from '../plots.mjs';
import { ChartPanel, TablePanel } from '../views/panel.mjs';
import { addTiles } from '../views/section.mjs';
import { ruleWords } from '../words.mjs';

const tile = (id, title, note, define, rest = {}) => ({ id: `quality_${id}`, title, define, of: (model) => model[id], note: () => note, ...rest });
const kTiles = [
  tile('pass', 'Pass rate', 'of all judgements in the range', '1 - failed / evaluated, over all rules and sources of the range.', { format: formatRatio }),
  tile('evaluated', 'Judged', 'record and rule, in the range', 'How often a rule was asked about a record.'),
  tile('failed', 'Failed', 'in the range', 'How often a rule was broken. A record may break several.'),
  tile('rejected', 'Rejected', 'records since the log began', 'Records that were refused for any reason; they are kept in the topic of rejected records.'),
  tile('duplicate', 'Duplicates', 'counted once', 'Records that were seen before or add nothing.'),
  tile('held', 'Held', 'waiting for their visit', 'Records whose visit is not known yet.'),
];
const count = (title, of) => ({ title, of, format: formatCount });
const pass = { title: 'Passed', of: (row) => row.pass, format: formatRatio };

export default class QualityPage {
  static topics = kTopics;
  #tiles;
  #trend;
  #sources;
  #rules;
  #rejects;
  #zone = null;
  #asOfMs = null;

  constructor(root, { explain }) {
    this.#tiles = addTiles(root, 'quality', 'Quality of the range', kTiles, explain);
    this.#trend = new ChartPanel(root, {
      id: 'quality-trend',
      title: 'Failed by day',
      about: 'judgements that failed, all rules',
      span: 7,
      columns: [{ title: 'Day', of: ({ date }) => date }, count('Judged', (row) => row.evaluated), count('Failed', (row) => row.failed), pass],
      label: ({ rows }) => `Failed judgements of ${rows.length} days; last ${formatCount(rows.at(-1).failed)}`,
      option: ({ rows }, tokens) =>
        columnsPlot({ names: rows.map(({ name }) => name), series: [{ name: 'failed', values: rows.map(({ failed }) => failed) }] }, tokens),
    });
    this.#sources = new TablePanel(root, {
      id: 'quality-sources',
      title: 'Sources',
      about: 'the worst first; silent after 2 hours without a record',
      span: 5,
      columns: [
        { title: 'Source', of: ({ source }) => source },
        count('Judged', (row) => row.evaluated),
        count('Failed', (row) => row.failed),
        pass,
        { title: 'Most broken rule', of: ({ worst }) => worst, isText: true, format: (rule) => (rule ? ruleWords(rule) : 'none') },
        { title: 'Last record', of: ({ lastMs }) => (lastMs ? new Date(lastMs).toISOString() : null), isText: true, format: (time) => this.#heardWords(time) },
      ],
    });
    this.#rules = new TablePanel(root, {
      id: 'quality-rules',
      title: 'Rules',
      about: 'most broken first',
      span: 5,
      columns: [
        { title: 'Rule', of: ({ rule }) => rule, format: ruleWords },
        count('Judged', (row) => row.evaluated),
        { ...count('Failed', (row) => row.failed), bar: (row) => row.ofMost },
        pass,
      ],
    });
    this.#rejects = new TablePanel(root, {
      id: 'quality-rejects',
      title: 'Newest rejected records',
      about: 'the reason, and what in the record gave it',
      span: 7,
      columns: [
        { title: 'Read', of: ({ timestamp }) => timestamp, format: (time) => this.#timeWords(Date.parse(time)) },
        { title: 'Reason', of: ({ reason }) => reason, isText: true },
        { title: 'Rule', of: ({ rule }) => rule, isText: true },
        { title: 'Detail', of: ({ detail }) => detail, isText: true },
        { title: 'Topic / partition / offset', of: ({ at }) => at, isText: true },
      ],
    });
  }

  #timeWords(ms) {
    return Number.isFinite(ms) ? `${this.#zone.shortDate(ms)} ${this.#zone.time(ms)}` : '–';
  }

  #heardWords(time) {
    if (!time) return 'not in the hours held';
    const ageMs = this.#asOfMs - Date.parse(time);
    if (ageMs >= kSilentAfterMs) return `▲ silent for ${formatAge(ageMs)}`;
    return '● within the hour';
  }

  queries() {
    return { rejects: '/events?topic=rejected&limit=15' };
  }

  update(context) {
    this.#zone = context.zone;
    this.#asOfMs = context.asOfMs;
    const model = qualityModel(context);
    this.#tiles.update({ ...model, ...feed(context.store) });
    const isClean = model.trend.kind === 'value' && model.trend.rows.every(({ failed }) => failed === 0);
    this.#trend.update(model.trend, isClean ? 'nothing failed in this range' : 'judgements that failed, all rules');
    this.#sources.update(model.sources);
    this.#rules.update(model.rules);
    this.#rejects.update(rejects(context.answers.rejects));
  }
}
