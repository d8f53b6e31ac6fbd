// The programs behind the numbers, by what each said of itself last: consumers and replays. Pure. One that has been silent is
// never taken for a healthy one: what it was doing then is not what it does now.
import { kNoValue } from '../format.mjs';
import { none } from './datum.mjs';

/** Programs tell every five seconds. */
export const kSilentAfterMs = 30_000;
const kNobody = 'no consumer or replay has told of itself within the hour';
const kNoReplay = 'no replay is running';

const msOf = (time) => (time ? Date.parse(time) : null);

/** [0, 1, 2, 5] as "0–2, 5" */
export function rangesOf(numbers) {
  const ranges = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    if (ranges.at(-1)?.[1] === number - 1) ranges.at(-1)[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(', ') || kNoValue;
}

/** `ageOf(ms)`: time since then on the server's clock, null where that is not known. */
function programOf(told, answerAgeMs, ageOf) {
  const ageMs = told.age_seconds * 1000 + answerAgeMs;
  const isSilent = ageMs > kSilentAfterMs;
  const now = (value) => (isSilent ? null : (value ?? null));
  const { checkpoint = {}, rebalances = {}, replay = null } = told;
  return {
    key: `${told.role} ${told.instance}`,
    role: told.role,
    generation: told.generation,
    version: told.version,
    isSilent,
    ageMs,
    partitions: told.partitions ?? [],
    rate: now(told.records_per_second),
    lag: now(told.lag_records),
    watermarkAgeMs: told.watermark ? ageOf(msOf(told.watermark)) : null,
    watermarks: told.watermarks ?? {},
    held: now(told.held),
    visits: now(told.visits),
    // Both times are of the program's own clock.
    checkpointAgeMs: checkpoint.at ? Math.max(0, msOf(told.at) - msOf(checkpoint.at)) + ageMs : null,
    checkpointMs: checkpoint.seconds === null || checkpoint.seconds === undefined ? null : 1000 * checkpoint.seconds,
    failures: checkpoint.failures ?? null,
    rebalances,
    replay: replay && {
      ratio: replay.ratio,
      rate: now(replay.records_per_second),
      leftMs: isSilent || replay.seconds_left === null ? null : 1000 * replay.seconds_left,
      eventMs: msOf(replay.event_time),
    },
  };
}

/** {programs, replays: data with rows, the silent ones first; body}. */
export function instancesModel(answer, ageOf) {
  if (answer.kind !== 'value') return { programs: answer, replays: answer, body: null };
  const { body } = answer;
  const answerAgeMs = Math.max(0, ageOf(msOf(body.generated_at)) ?? 0);
  const rows = body.instances.map((told) => programOf(told, answerAgeMs, ageOf));
  rows.sort((a, b) => b.isSilent - a.isSilent || (a.key < b.key ? -1 : 1));
  const replays = rows.filter(({ replay }) => replay);
  return {
    body,
    programs: rows.length > 0 ? { kind: 'value', rows } : none(kNobody),
    replays: replays.length > 0 ? { kind: 'value', rows: replays } : none(kNoReplay),
  };
}

/** topic -> its least watermark in milliseconds, over the consumers at work for the generation in force. */
export function topicWatermarks({ programs, body }) {
  const least = new Map();
  if (programs.kind !== 'value') return least;
  const isAtWork = ({ role, isSilent, generation }) => role === 'consumer' && !isSilent && generation === body.generation.active;
  for (const { watermarks } of programs.rows.filter(isAtWork))
    for (const [topic, time] of Object.entries(watermarks)) least.set(topic, Math.min(msOf(time), least.get(topic) ?? Infinity));
  return least;
}
