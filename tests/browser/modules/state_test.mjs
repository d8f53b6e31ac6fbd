import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { CellStore, cellKey, kWindowsKept } from '../../../web/dashboard/assets/state.mjs';
import { FakeHospital, seededRandom } from '../fake_hospital.mjs';

const kVectors = new URL('../../../proto/vectors/', import.meta.url);

const byKey = (cells) => new Map(cells.map((cell) => [cellKey(cell), cell]));

function assertCells(store, expected, step) {
  for (const [topic, cells] of Object.entries(expected)) {
    assert.equal(store.isLoaded(topic), cells !== null, `${topic} is loaded, step ${step}`);
    if (cells) assert.deepEqual(byKey(store.cells(topic)), byKey(cells), `${topic}, step ${step}`);
  }
}

for (const name of readdirSync(kVectors).filter((file) => /^ws_.*\.json$/.test(file))) {
  test(`vector ${name}`, () => {
    const { topics, steps } = JSON.parse(readFileSync(new URL(name, kVectors)));
    const store = new CellStore(topics);
    steps.forEach((step, i) => {
      const requests = step.connect ? store.connected() : store.receive(step.receive).requests;
      store.reveal(); // vectors tell what is held, topic by topic
      assert.deepEqual(requests, step.requests, `requests of step ${i}`);
      assertCells(store, step.cells ?? {}, i);
    });
  });
}

test('windows beyond those of a snapshot are forgotten, the oldest first', () => {
  const store = new CellStore(['department:1m']);
  store.connected();
  const cell = (i) => {
    const window = {
      size: '1m',
      start: new Date(i * 60_000).toISOString(),
      end: new Date((i + 1) * 60_000).toISOString(),
    };
    return { family: 'department', dims: { department: 'Emergency' }, window, values: { checkins: i }, status: 'open' };
  };
  store.receive({ type: 'snapshot', topic: 'department:1m', epoch: 1, seq: 0, cells: [] });
  for (let i = 1; i <= 2000; i += 1)
    store.receive({ type: 'delta', topic: 'department:1m', epoch: 1, prev: i - 1, seq: i, cells: [cell(i)] });
  const starts = store.windowStarts('department:1m');
  assert.equal(starts.length, kWindowsKept['1m']);
  assert.equal(starts.at(-1), 2000 * 60_000);
  store.receive({ type: 'delta', topic: 'department:1m', epoch: 1, prev: 2000, seq: 2001, cells: [cell(3)] });
  assert.deepEqual(store.cellsAt('department:1m', 3 * 60_000), [], 'a window older than those kept');
});

test('cells of another epoch are shown together, once all topics have come, with what changed meanwhile', () => {
  const topics = ['census', 'task', 'hospital:1d'];
  const store = new CellStore(topics);
  const cell = (values) => ({ family: 'any', dims: {}, window: null, values, status: 'open' });
  const send = (type, topic, epoch, seq, value) => store.receive({ type, topic, epoch, seq, prev: seq - 1, cells: [cell({ value })] }).changed;
  const shown = () => topics.map((topic) => store.cells(topic)[0]?.values.value);
  store.connected();
  for (const topic of topics) assert.deepEqual(send('snapshot', topic, 1, 1, 10), [topic], 'the first cells of all wait for nothing');
  assert.deepEqual(send('snapshot', 'census', 2, 1, 20), []);
  assert.deepEqual(send('delta', 'census', 2, 2, 21), []);
  assert.deepEqual(send('delta', 'task', 1, 2, 11), ['task']);
  assert.deepEqual(send('snapshot', 'task', 2, 1, 20), []);
  assert.equal(store.hasNext, false);
  assert.deepEqual(shown(), [10, 11, 10]);
  send('snapshot', 'hospital:1d', 2, 1, 20);
  assert.equal(store.hasNext, true);
  send('delta', 'task', 2, 2, 22);
  assert.deepEqual(shown(), [10, 11, 10], 'until it is asked for');
  assert.deepEqual(store.reveal(), topics);
  assert.deepEqual(shown(), [21, 22, 20]);
  assert.equal(store.hasNext, false);
  assert.deepEqual(send('delta', 'task', 2, 3, 23), ['task']);
});

test('a topic of another epoch that never comes does not keep the others back for ever', () => {
  const store = new CellStore(['census', 'task']);
  store.connected();
  const send = (topic, epoch, cells) => store.receive({ type: 'snapshot', topic, epoch, seq: 1, cells });
  send('census', 1, []);
  send('task', 1, []);
  send('census', 2, [{ family: 'census', dims: {}, window: null, values: {}, status: 'open' }]);
  const heartbeat = { type: 'heartbeat', topics: {}, watermark: null, server_time: '2026-11-21T13:41:07Z' };
  let beats = 0;
  while (store.cells('census').length === 0 && beats < 60) {
    store.receive(heartbeat);
    beats += 1;
  }
  assert.ok(beats > 5 && beats < 60, `${beats} heartbeats`);
});

test('a snapshot says whether cells changed, a heartbeat what time it is there', () => {
  const store = new CellStore(['census']);
  store.connected();
  assert.deepEqual(
    store.receive({ type: 'snapshot', topic: 'census', epoch: 1, seq: 1, cells: [], more: true }).changed,
    [],
  );
  assert.deepEqual(store.receive({ type: 'snapshot', topic: 'census', epoch: 1, seq: 1, cells: [] }).changed, [
    'census',
  ]);
  store.receive({ type: 'heartbeat', topics: {}, watermark: null, server_time: '2026-11-21T13:41:07Z' });
  assert.equal(store.watermark, null);
  assert.equal(store.serverTime, '2026-11-21T13:41:07Z');
});

/**
 * A server whose messages get lost or overtake each other, and whose connections break. Pieces of a snapshot stay
 * together.
 */
class UnreliableServer {
  #random;
  #points = new Map();
  #epoch = 1;
  #wire = [];

  constructor(seed) {
    this.#random = seededRandom(seed);
    this.hospital = new FakeHospital({ seed, minutes: 3, nowMs: Date.UTC(2026, 10, 21, 13) });
    for (const topic of this.hospital.topics.keys()) this.#points.set(topic, 0);
  }

  chance(share) {
    return this.#random() < share;
  }

  restart() {
    this.#epoch += 1;
    for (const topic of this.#points.keys()) this.#points.set(topic, Math.floor(this.#random() * 50));
  }

  step() {
    this.hospital.step(1 + Math.floor(this.#random() * 20_000));
    if (this.chance(0.1)) {
      const census = [...this.hospital.topics.get('census').values()];
      this.hospital.remove('census', census[Math.floor(this.#random() * census.length)]);
    }
    for (const [topic, changes] of this.hospital.takeChanges()) {
      const prev = this.#points.get(topic);
      const seq = prev + 1 + Math.floor(this.#random() * 3);
      this.#points.set(topic, seq);
      this.#wire.push([{ type: 'delta', topic, epoch: this.#epoch, prev, seq, ...changes }]);
    }
  }

  receive({ topics, resume }) {
    for (const topic of topics) {
      const point = resume?.[topic];
      if (point?.epoch === this.#epoch && point.seq === this.#points.get(topic)) continue;
      const cells = [...this.hospital.topics.get(topic).values()];
      const head = { type: 'snapshot', topic, epoch: this.#epoch, seq: this.#points.get(topic) };
      const cut = Math.floor(cells.length / 2);
      this.#wire.push([
        { ...head, cells: cells.slice(0, cut), more: true },
        { ...head, cells: cells.slice(cut) },
      ]);
    }
  }

  heartbeat() {
    const topics = Object.fromEntries([...this.#points].map(([topic, seq]) => [topic, { epoch: this.#epoch, seq }]));
    this.#wire.push([{ type: 'heartbeat', topics, watermark: null, server_time: '2026-11-21T13:41:07Z' }]);
  }

  /** What is under way, some of it lost when `loss` says so, and then and now swapped with what follows. */
  takeMessages(loss) {
    const kept = this.#wire.filter(() => !this.chance(loss));
    this.#wire = [];
    for (let i = 1; i < kept.length; i += 1) {
      if (this.chance(loss / 2)) [kept[i - 1], kept[i]] = [kept[i], kept[i - 1]];
    }
    return kept.flat();
  }
}

for (let seed = 1; seed <= 40; seed += 1) {
  test(`losses, disorder, restarts and reconnects end equal to the server's cells (seed ${seed})`, () => {
    const server = new UnreliableServer(seed);
    const store = new CellStore([...server.hospital.topics.keys()]);
    const deliver = (loss) => {
      for (const message of server.takeMessages(loss))
        store.receive(message).requests.forEach((request) => server.receive(request));
      if (store.hasNext) store.reveal();
    };
    const connect = () => {
      server.takeMessages(1); // what was under way is gone
      store.connected().forEach((request) => server.receive(request));
    };
    connect();
    for (let i = 0; i < 60; i += 1) {
      server.step();
      if (server.chance(0.04)) server.restart();
      if (server.chance(0.04)) connect();
      if (server.chance(0.3)) server.heartbeat();
      deliver(0.1);
    }
    // Calm again: heartbeats alone must mend whatever is still missing.
    for (let i = 0; i < 12; i += 1) {
      server.heartbeat();
      deliver(0);
    }
    for (const [topic, cells] of server.hospital.topics) assert.deepEqual(byKey(store.cells(topic)), cells, topic);
  });
}
