import assert from 'node:assert/strict';
import test from 'node:test';
import { instancesModel, kSilentAfterMs, rangesOf, topicWatermarks } from '../../../web/dashboard/assets/model/instances.mjs';

const kGenerated = Date.parse('2026-11-21T14:00:00Z');
const told = (rest) => ({
  role: 'consumer',
  instance: 'a',
  generation: 'live',
  at: '2026-11-21T13:59:59Z',
  age_seconds: 1,
  partitions: [0],
  records_per_second: 5,
  lag_records: 7,
  watermark: '2026-11-21T13:59:50Z',
  watermarks: { billing: '2026-11-21T13:59:50Z' },
  checkpoint: { at: '2026-11-21T13:59:49Z', seconds: 0.25, failures: 0 },
  rebalances: {},
  replay: null,
  ...rest,
});
const modelOf = (instances, afterMs = 0) => {
  const body = { generated_at: new Date(kGenerated).toISOString(), generation: { active: 'live' }, web: {}, instances };
  return instancesModel({ kind: 'value', body }, (ms) => kGenerated + afterMs - ms);
};

test('partitions are said in ranges', () => {
  assert.deepEqual([[], [3], [2, 0, 1], [0, 1, 2, 5, 7, 8]].map(rangesOf), ['–', '3', '0–2', '0–2, 5, 7–8']);
});

test('a program is silent once its word is too old, and ages go on after the answer; then it is not said what it does now', () => {
  const at = (afterMs) => modelOf([told({})], afterMs).programs.rows[0];
  assert.deepEqual([at(0).isSilent, at(0).ageMs, at(0).lag, at(0).checkpointAgeMs, at(0).checkpointMs], [false, 1000, 7, 11_000, 250]);
  assert.equal(at(kSilentAfterMs - 1000).isSilent, false);
  const silent = at(kSilentAfterMs);
  assert.deepEqual([silent.isSilent, silent.rate, silent.lag, silent.checkpointAgeMs], [true, null, null, 41_000]);
});

test('watermarks of topics are those of consumers at work for the generation in force', () => {
  const model = modelOf([
    told({}),
    told({ instance: 'b', watermarks: { billing: '2026-11-21T13:59:20Z', checkins: '2026-11-21T13:59:55Z' } }),
    told({ instance: 'silent', age_seconds: 99, watermarks: { billing: '2026-11-21T10:00:00Z' } }),
    told({ instance: 'other', generation: 'fixed', watermarks: { billing: '2026-11-21T10:00:00Z' } }),
    told({ instance: 'replay', role: 'replay', watermarks: { billing: '2026-11-21T10:00:00Z' }, replay: { ratio: 0.5, records_per_second: 9, seconds_left: null, event_time: null } }),
  ]);
  assert.deepEqual([...topicWatermarks(model)], [['billing', Date.parse('2026-11-21T13:59:20Z')], ['checkins', Date.parse('2026-11-21T13:59:55Z')]]);
  assert.deepEqual(model.replays.rows.map(({ replay }) => replay), [{ ratio: 0.5, rate: 9, leftMs: null, eventMs: null }]);
  assert.equal(model.programs.rows[0].key, 'consumer silent');
});

test('without an answer, and without anybody, there is no program and a reason', () => {
  assert.equal(instancesModel({ kind: 'loading' }, () => null).programs.kind, 'loading');
  const { programs, replays } = modelOf([]);
  assert.match(programs.why, /no consumer or replay/);
  assert.match(replays.why, /no replay/);
});
