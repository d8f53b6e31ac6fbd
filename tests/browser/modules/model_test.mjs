import assert from 'node:assert/strict';
import test from 'node:test';
import { kMeanMinutes } from '../../../web/dashboard/assets/model/arrivals.mjs';
import { arrivalsModel, kTopics, liveModel } from '../../../web/dashboard/assets/model/live.mjs';
import { CellStore } from '../../../web/dashboard/assets/state.mjs';
import { FakeHospital } from '../fake_hospital.mjs';

const kNow = Date.UTC(2026, 10, 21, 13, 41, 12);

/** A store that holds these cells by topic. */
function storeOf(cells) {
  const store = new CellStore(kTopics);
  store.connected();
  for (const [topic, list] of Object.entries(cells))
    store.receive({ type: 'snapshot', topic, epoch: 1, seq: 1, cells: list });
  store.receive({ type: 'heartbeat', topics: {}, watermark: null, server_time: new Date(kNow).toISOString() });
  return store;
}

const cellsOf = (hospital) =>
  Object.fromEntries([...hospital.topics].map(([topic, cells]) => [topic, [...cells.values()]]));
const nothing = () => Object.fromEntries(kTopics.map((topic) => [topic, []]));

/** All data of a model, however deep. */
function dataIn(value) {
  if (value === null || typeof value !== 'object') return [];
  return [...(typeof value.kind === 'string' ? [value] : []), ...Object.values(value).flatMap(dataIn)];
}

test('before anything has come every number is loading', () => {
  const store = new CellStore(kTopics);
  const data = dataIn({ live: liveModel(store), arrivals: arrivalsModel(store) });
  assert.ok(data.length > 10);
  for (const datum of data) assert.equal(datum.kind, 'loading');
});

test('without any cell there are words, and not one number', () => {
  const store = storeOf(nothing());
  for (const datum of dataIn({ live: liveModel(store), arrivals: arrivalsModel(store) })) {
    assert.equal(datum.kind, 'none');
    assert.match(datum.why, /\w+ \w+/);
  }
});

test('tiles are the sums of the cells they stand for', () => {
  const hospital = new FakeHospital({ nowMs: kNow });
  const model = liveModel(storeOf(cellsOf(hospital)));
  const census = [...hospital.topics.get('census').values()];
  for (const place of ['waiting', 'in_care', 'boarding', 'admitted']) {
    assert.equal(
      model.census[place].value,
      census.reduce((sum, { values }) => sum + values[place], 0),
      place,
    );
  }
  assert.equal(
    model.census.longest_wait.value,
    Math.max(...census.map(({ values }) => values.longest_wait_minutes ?? 0)),
  );
  const { today } = hospital;
  assert.equal(model.arrivals_today.value, today.values.checkins);
  assert.equal(model.left_today.value, today.values.left);
  assert.equal(
    model.feed.consumed.value,
    [...hospital.topics.get('task').values()].reduce((sum, { values }) => sum + values.consumed, 0),
  );
});

test('arrivals of the last hour are those of 60 complete minutes', () => {
  const hospital = new FakeHospital({ nowMs: kNow });
  const inHour = [...hospital.topics.get('department:1m').values()].filter(({ window }) => {
    const start = Date.parse(window.start);
    return start >= Date.UTC(2026, 10, 21, 12, 41) && start < Date.UTC(2026, 10, 21, 13, 41);
  });
  assert.equal(
    liveModel(storeOf(cellsOf(hospital))).arrivals_last_hour.value,
    inHour.reduce((sum, { values }) => sum + values.checkins, 0),
  );
});

test('nobody waiting is a zero, and the longest wait then has no value', () => {
  const values = {
    waiting: 0,
    in_care: 2,
    boarding: 0,
    admitted: 1,
    stale: 0,
    longest_wait_minutes: null,
    breaching_next_30m: { room_60: 0 },
  };
  const model = liveModel(
    storeOf({
      ...nothing(),
      census: [{ family: 'census', dims: { department: 'Surgery' }, window: null, values, status: 'open' }],
    }),
  );
  assert.equal(model.census.waiting.value, 0);
  assert.deepEqual(model.census.longest_wait, { kind: 'none', why: 'nobody is waiting' });
  assert.equal(model.targets.find(({ target }) => target === 'room_60').count.value, 0);
  assert.equal(
    model.targets.find(({ target }) => target === 'board_240').count.kind,
    'none',
    'not in the cell, so not a zero',
  );
});

test("yesterday's numbers are not today's", () => {
  const cells = cellsOf(new FakeHospital({ nowMs: kNow }));
  const census = cells.census.map((cell) => ({ ...cell, watermark: '2026-11-22T00:00:01Z' }));
  const model = liveModel(storeOf({ ...cells, census }));
  assert.equal(model.arrivals_today.kind, 'none');
  assert.equal(model.funnel.kind, 'none');
  assert.equal(model.census.waiting.kind, 'value');
});

test('each emergency visit that entered is in exactly one place, and open ones are not among those who left', () => {
  const { funnel } = liveModel(storeOf(cellsOf(new FakeHospital({ nowMs: kNow }))));
  const exited = funnel.exits.reduce((sum, { count }) => sum + count, 0);
  assert.equal(funnel.entered, funnel.converted + exited + funnel.timed_out + funnel.open);
  assert.ok(funnel.open > 0);
  assert.equal(funnel.steps[0].reached, funnel.entered);
});

test('a minute without a cell is a zero once the log has begun, and unknown before', () => {
  const window = (minute) => ({
    size: '1m',
    start: `2026-11-21T13:${minute}:00Z`,
    end: `2026-11-21T13:${Number(minute) + 1}:00Z`,
  });
  const cell = (minute, checkins) => ({
    family: 'department',
    dims: { department: 'Emergency' },
    window: window(minute),
    values: { checkins },
    status: 'closed',
  });
  // 13:41 is still running at 13:41:07 and is left out.
  const {
    minutes,
    series: [{ counts, means }],
  } = arrivalsModel(
    storeOf({
      ...nothing(),
      'department:1m': [cell('20', 4), cell('40', 6), cell('41', 9)],
      census: [
        {
          family: 'census',
          dims: { department: 'Emergency' },
          window: null,
          values: {},
          status: 'open',
          watermark: '2026-11-21T13:41:07Z',
        },
      ],
    }),
  );
  assert.equal(minutes.length, 180);
  assert.equal(new Date(minutes.at(-1)).toISOString(), '2026-11-21T13:40:00.000Z');
  assert.deepEqual(counts.slice(-22), [null, 4, ...Array(19).fill(0), 6]);
  assert.equal(means.at(-1), 6 / kMeanMinutes);
  assert.equal(means[means.length - 21 + kMeanMinutes - 2], null, 'fewer minutes than a mean needs');
});
