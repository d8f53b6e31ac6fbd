// Where each partition number stands: its totals, its watermark and how fast it moves; and how much of the log is unread.
import { hasValue } from '../format.mjs';
import { kLoading, known, none, whenLoaded } from './datum.mjs';
import { RateMeter } from './feed.mjs';
import { instancesModel, topicWatermarks } from './instances.mjs';
import { sumCells, total } from './sums.mjs';

const meters = new Map(); // partition -> RateMeter
const kWhyNone = 'no record has been read yet';
export const kInputs = ['checkins', 'encounters', 'billing', 'workflow'];

export function system({ store, ageOf, nowMs, link, zone }, answers) {
  const cells = store.cells('task');
  const make = (rows) => whenLoaded(store, ['task'], () => (rows.length > 0 ? { kind: 'value', rows } : none(kWhyNone)));
  const told = instancesModel(answers.system ?? kLoading, ageOf);
  const logs = topics(cells, answers, topicWatermarks(told), ageOf);
  return {
    programs: told.programs,
    replays: told.replays,
    applied: whenLoaded(store, ['task'], () => sumCells(cells, ({ applied }) => applied, kWhyNone)),
    unread: whenLoaded(store, ['task'], () => unreadOf(logs, answers)),
    partitions: make(cells.map((cell) => partition(cell, ageOf, nowMs, link.isOpen)).sort((a, b) => a.partition - b.partition)),
    topics: make(logs),
    serving: { kind: 'value', rows: serving(answers.served, told.body, link, zone) },
  };
}

function partition({ dims, values }, ageOf, nowMs, isOpen) {
  const id = Number(dims.partition);
  if (!meters.has(id)) meters.set(id, new RateMeter());
  if (isOpen) meters.get(id).add(nowMs, values.consumed);
  else meters.get(id).clear(); // what stands still here may go on there
  const watermarkMs = hasValue(values.watermark_ms) ? values.watermark_ms : null;
  return { ...values, partition: id, watermarkMs, ageMs: watermarkMs === null ? null : ageOf(watermarkMs), rate: meters.get(id).perSecond };
}

/**
 * Where each partition of a topic ends, from an answer with its newest record: `next` has the positions before that record.
 * A partition that is not named has nothing that could be unread.
 */
export function logEnds({ records, next }) {
  const ends = new Map((next ?? '').split(',').filter(Boolean).map((position) => position.split(':').map(Number)));
  for (const { partition: id, offset } of records) ends.set(id, Math.max(ends.get(id) ?? 0, offset + 1));
  return ends;
}

function topics(cells, answers, watermarks, ageOf) {
  const names = [...new Set(cells.flatMap(({ values }) => Object.keys(values.next_offsets ?? {})))].sort();
  return names.map((topic) => {
    const answer = answers[topic];
    const read = new Map(cells.map(({ dims, values }) => [Number(dims.partition), values.next_offsets?.[topic] ?? 0]));
    const log = answer?.kind === 'value' ? answer.body : null;
    return {
      topic,
      offsets: total([...read.values()]),
      unread: log && total([...logEnds(log)].map(([id, end]) => Math.max(0, end - (read.get(id) ?? 0)))),
      ageMs: watermarks.has(topic) ? ageOf(watermarks.get(topic)) : null,
      newestMs: log?.records[0]?.event?.event_time ? Date.parse(log.records[0].event.event_time) : null,
    };
  });
}

function unreadOf(logs, answers) {
  const all = kInputs.map((topic) => answers[topic] ?? kLoading);
  if (all.some(({ kind }) => kind === 'loading')) return kLoading;
  return known(logs.length > 0 && logs.every(({ unread }) => hasValue(unread)) ? total(logs.map(({ unread }) => unread)) : null, all.find(({ kind }) => kind === 'none')?.why ?? kWhyNone);
}

function serving(served, system, link, zone) {
  const body = served?.kind === 'value' ? served.body : null;
  const time = (text) => (text ? `${zone.shortDate(Date.parse(text))} ${zone.timeWithSeconds(Date.parse(text))}` : null);
  return [
    { what: 'Generation served', value: body?.generation ?? null },
    { what: 'Generation in force', value: system?.generation.active ?? null },
    { what: 'Generation before', value: system ? (system.generation.previous ?? 'none') : null },
    { what: 'Switched', value: system ? (time(system.generation.switched_at) ?? 'never') : null },
    { what: 'Server has read up to', value: time(body?.as_of) },
    { what: 'Clients of this server', value: system ? String(system.web.clients) : null },
    { what: 'Version of this server', value: system?.web.version ?? null },
    { what: 'This connection', value: link.isOpen ? 'open' : 'not open' },
  ];
}
