// System: the programs, how far each replay is, where each partition stands, and what is served.
import { formatAge, formatCount, formatRate, formatRatio, hasValue, kNoValue } from '../format.mjs';
import { known, none, whenLoaded } from '../model/datum.mjs';
import { kSilentAfterMs, feed } from '../model/feed.mjs';
import { rangesOf } from '../model/instances.mjs';
import { kInputs, system } from '../model/system.mjs';
import { TablePanel } from '../views/panel.mjs';
import { addTiles } from '../views/section.mjs';

const tile = (id, title, note, define, rest = {}) => ({ id: `system_${id}`, title, define, of: (model) => model[id], note: () => note, ...rest });
const kTiles = [
  tile('rate', 'Records a second', 'mean of 10 s', 'Records read in the last ten seconds, from the partitions’ totals.', { format: formatRate }),
  tile('lag', 'Lag', 'from event to number', 'Time from an event to the number that shows it, when a number last changed.', { format: formatAge }),
  tile('unread', 'Not read yet', 'records in the log', 'Ends of the log, as asked for every 10 s, less the offsets that the numbers stand at.'),
  tile('slowest', 'Slowest feed', 'age of its watermark', 'Age of the least watermark over all partitions and topics.', { format: formatAge }),
  tile('consumed', 'Records', 'since the log began', 'Records read: applied + duplicate + rejected + held.'),
  tile('applied', 'Applied', 'counted', 'Records that count in the numbers.'),
  tile('rejected', 'Rejected', 'kept, with the reason', 'Records that were refused.'),
  tile('held', 'Held', 'waiting for their visit', 'Records whose visit is not known yet.'),
];
const count = (title, of) => ({ title, of, format: formatCount });
const text = (title, of) => ({ title, of, isText: true });
const age = (title, of) => ({ title, of, format: formatAge });
const stateWords = ({ isSilent, ageMs }) => (isSilent ? `▲ silent for ${formatAge(ageMs)}` : '● running');
/** "12 s ago, took 40 ms" */
const checkpointWords = ({ checkpointAgeMs, checkpointMs }) => {
  if (!hasValue(checkpointAgeMs)) return 'none yet';
  const took = hasValue(checkpointMs) ? `, took ${checkpointMs < 1000 ? `${formatCount(checkpointMs)} ms` : formatAge(checkpointMs)}` : '';
  return `${formatAge(checkpointAgeMs)} ago${took}`;
};
const rebalanceWords = ({ rebalances: { assigned = 0, revoked = 0, lost = 0 } }) => `${assigned} / ${revoked} / ${lost}`;
const kPrograms = {
  id: 'system-programs',
  title: 'Programs',
  about: 'what each said of itself; silent after 30 s without a word',
  span: 12,
  columns: [
    { title: 'Program', of: ({ key }) => key },
    text('State', stateWords),
    text('Generation', ({ generation }) => generation),
    text('Partitions', ({ partitions }) => rangesOf(partitions)),
    { title: 'Records a second', of: ({ rate }) => rate, format: formatRate },
    count('Not read yet', ({ lag }) => lag),
    age('Watermark age', ({ watermarkAgeMs }) => watermarkAgeMs),
    count('Held', ({ held }) => held),
    count('Visits held', ({ visits }) => visits),
    text('Checkpoint', checkpointWords),
    count('Failed', ({ failures }) => failures),
    text('Rebalances: got / gave / lost', rebalanceWords),
  ],
};
const kReplays = (timeOf) => ({
  id: 'system-replays',
  title: 'Replays',
  about: 'generations that are being rebuilt beside the one in force',
  span: 7,
  columns: [
    { title: 'Generation', of: ({ generation }) => generation },
    text('State', stateWords),
    { title: 'Done', of: ({ replay }) => replay.ratio, format: formatRatio, bar: ({ replay }) => replay.ratio },
    { title: 'Records a second', of: ({ replay }) => replay.rate, format: formatRate },
    age('Time left', ({ replay }) => replay.leftMs),
    text('Has come to', ({ replay }) => timeOf(replay.eventMs)),
    text('Program', ({ key }) => key),
  ],
});
const kEachTickMs = 1000;

export default class SystemPage {
  static topics = [];
  #tiles;
  #programs;
  #replays;
  #timeOf = () => null;
  #partitions;
  #topics;
  #serving;
  #latest = null;
  #shownMs = -Infinity;

  constructor(root, { explain }) {
    this.#tiles = addTiles(root, 'system', 'The stream now', kTiles, explain);
    this.#programs = new TablePanel(root, kPrograms);
    this.#replays = new TablePanel(root, kReplays((ms) => this.#timeOf(ms)));
    this.#topics = new TablePanel(root, {
      id: 'system-topics',
      title: 'Topics',
      about: 'records, added up over partitions; the least watermark of the consumers',
      span: 5,
      columns: [
        { title: 'Topic', of: ({ topic }) => topic },
        count('Read', (row) => row.offsets),
        count('Not read yet', (row) => row.unread),
        { title: 'Newest event', of: ({ newest }) => newest, format: (time) => time ?? kNoValue },
        age('Watermark age', ({ ageMs }) => ageMs),
      ],
    });
    this.#partitions = new TablePanel(root, {
      id: 'system-partitions',
      title: 'Partitions',
      about: 'watermark: everything before it has been read',
      span: 7,
      columns: [
        { title: 'Partition', of: ({ partition }) => partition },
        { title: 'Watermark', of: ({ watermark }) => watermark, format: (time) => time ?? kNoValue },
        { title: 'Age', of: ({ ageMs }) => ageMs, format: formatAge },
        count('Records', (row) => row.consumed),
        { title: 'A second', of: (row) => row.rate, format: formatRate },
        count('Duplicates', (row) => row.duplicate),
        count('Rejected', (row) => row.rejected),
        count('Held', (row) => row.held),
      ],
    });
    this.#serving = new TablePanel(root, {
      id: 'system-serving',
      title: 'Serving',
      span: 5,
      columns: [
        { title: 'What', of: ({ what }) => what },
        { title: 'Now', of: ({ value }) => value, isText: true },
      ],
    });
  }

  queries() {
    return { system: '/api/v1/system', served: '/api/v1/cells?family=task', ...Object.fromEntries(kInputs.map((topic) => [topic, `/events?topic=${topic}&limit=1`])) };
  }

  update(context) {
    this.#latest = context;
    if (context.hasSwitched) this.#shownMs = -Infinity;
  }

  /** Ages go on while nothing comes; once a second is enough. */
  tick(context) {
    if (context.nowMs - this.#shownMs < kEachTickMs && this.#shownMs > 0) return;
    this.#shownMs = context.nowMs;
    const { store, link, nowMs, zone } = context;
    const model = system(context, this.#latest?.answers ?? {});
    const cells = store.cells('task');
    const isCounted = link.isOpen && nowMs - link.lastMessageMs < kSilentAfterMs;
    this.#tiles.update({
      ...feed(store),
      applied: model.applied,
      unread: model.unread,
      rate: isCounted ? { ...known(context.rate, 'measuring'), cells } : none('no connection'),
      slowest: whenLoaded(store, ['task'], () => ({ ...known(context.slowestAgeMs, 'no data yet'), cells })),
    });
    const time = (this.#timeOf = (ms) => (ms === null ? null : `${zone.shortDate(ms)} ${zone.timeWithSeconds(ms)}`));
    const withTime = ({ rows, ...rest }, make) => ({ ...rest, rows: rows?.map((row) => ({ ...row, ...make(row) })) });
    this.#programs.update(model.programs);
    this.#replays.update(model.replays);
    this.#partitions.update(withTime(model.partitions, ({ watermarkMs }) => ({ watermark: time(watermarkMs) })));
    this.#topics.update(withTime(model.topics, ({ newestMs }) => ({ newest: time(newestMs) })));
    this.#serving.update(model.serving);
  }
}
