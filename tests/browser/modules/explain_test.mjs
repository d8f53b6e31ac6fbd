import assert from 'node:assert/strict';
import test from 'node:test';
import { cellAddress, cellId, changesOf, sourcesOf } from '../../../web/dashboard/assets/model/explain.mjs';
import { sumCells } from '../../../web/dashboard/assets/model/sums.mjs';
import { logEnds, system } from '../../../web/dashboard/assets/model/system.mjs';
import { noteRestatement } from '../../../web/dashboard/assets/restated.mjs';
import { zoneOfDays } from '../../../web/dashboard/assets/zone.mjs';
import { CellStore } from '../../../web/dashboard/assets/state.mjs';

const day = (date, checkins, status = 'closed') => ({
  family: 'hospital',
  dims: {},
  window: { size: '1d', start: `2026-11-${date}T00:00:00+01:00`, end: `2026-11-${date + 1}T00:00:00+01:00` },
  values: { checkins },
  status,
  watermark: `2026-11-${date}T12:00:00Z`,
});

test('a cell is named as its key names it: times as instants, what would part the key escaped', () => {
  const window = { size: '1h', start: '2026-11-21T14:00:00+01:00', end: '2026-11-21T15:00:00+01:00' };
  assert.equal(cellId({ family: 'department', dims: { department: 'A|B, 100%=C' }, window }), 'department|department=A%7CB%2C 100%25%3DC|1h:2026-11-21T13:00:00Z');
  assert.equal(cellId({ family: 'crowding', dims: {}, window: null }), 'crowding||-');
  const address = new URL(cellAddress({ family: 'department', dims: { department: 'A&B' }, window }), 'http://a');
  assert.deepEqual([...address.searchParams], [['family', 'department'], ['department', 'A&B'], ['window', '1h'], ['from', '2026-11-21T13:00:00.000Z'], ['to', '2026-11-21T13:00:00.001Z']]);
});

test('the rows behind a sum add up to it, the restated first and then the newest', () => {
  const cells = [day(18, 4), day(19, 6), day(20, 9)];
  const restated = { ...cells[0], values: { checkins: 5 } };
  noteRestatement(cells[0], restated);
  const sources = sourcesOf(sumCells([restated, ...cells.slice(1)], ({ checkins }) => checkins, ''));
  assert.deepEqual(sources.rows.map(({ part, isRestated }) => [part, isRestated]), [[5, true], [9, false], [6, false]]);
  assert.equal(sources.asOfMs, Date.UTC(2026, 10, 20, 12));
  assert.deepEqual(sources.window, { from: Date.UTC(2026, 10, 17, 23), to: Date.UTC(2026, 10, 20, 23) });
  assert.equal(sources.more, 0);
});

test('what is made of nothing has no rows, no window and no time', () => {
  assert.deepEqual(sourcesOf({ kind: 'none', why: 'x' }), { asOfMs: null, window: null, rows: [], more: 0 });
});

test('of very many rows the first are listed and the others counted', () => {
  const cells = Array.from({ length: 55 }, (_, i) => ({ ...day(20, i), window: null }));
  const { rows, more } = sourcesOf({ cells, parts: cells.map(({ values }) => values.checkins) });
  assert.deepEqual([rows.length, more, rows[0].part], [40, 15, 54]);
});

test('of two states of a cell only what differs is told', () => {
  assert.deepEqual(changesOf({ values: { a: 1, b: [1] } }, { values: { a: 1, b: [2], c: 3 } }), [['b', [1], [2]], ['c', null, 3]]);
});

test('the ends of a log are those before its newest record, and that record', () => {
  assert.deepEqual([...logEnds({ records: [{ partition: 1, offset: 97 }], next: '0:120,1:97' })], [[0, 120], [1, 98]]);
  assert.deepEqual([...logEnds({ records: [], next: null })], []);
});

test('records that nobody has read are counted by topic, and never below zero', () => {
  const store = new CellStore(['task']);
  store.connected();
  const task = (partition, checkins) => ({ family: 'task', dims: { partition }, window: null, values: { next_offsets: { checkins }, consumed: checkins, applied: checkins }, status: 'open' });
  store.receive({ type: 'snapshot', topic: 'task', epoch: 1, seq: 1, cells: [task('0', 100), task('1', 99)] });
  const context = { store, ageOf: () => null, nowMs: 0, link: { isOpen: true }, zone: zoneOfDays([]) };
  const answers = (checkins) => ({ ...Object.fromEntries(['encounters', 'billing', 'workflow'].map((topic) => [topic, { kind: 'value', body: { records: [], next: null } }])), checkins });
  const log = { kind: 'value', body: { records: [{ partition: 1, offset: 97, event: { event_time: '2026-11-21T13:00:00Z' } }], next: '0:120,1:97' } };
  const model = system(context, answers(log));
  assert.deepEqual(model.topics.rows, [{ topic: 'checkins', offsets: 199, unread: 20, ageMs: null, newestMs: Date.UTC(2026, 10, 21, 13) }]);
  assert.equal(model.unread.value, 20);
  assert.equal(system(context, answers({ kind: 'loading' })).unread.kind, 'loading');
  const failed = system(context, answers({ kind: 'none', why: 'the log cannot be read for now' })).unread;
  assert.deepEqual(failed, { kind: 'none', why: 'the log cannot be read for now' });
});
