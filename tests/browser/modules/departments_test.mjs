import assert from 'node:assert/strict';
import { test } from 'node:test';
import { departmentsModel } from '../../../web/dashboard/assets/model/departments.mjs';
import { CellStore } from '../../../web/dashboard/assets/state.mjs';
import { zoneOfDays } from '../../../web/dashboard/assets/zone.mjs';

const hour = (start, checkins) => ({
  family: 'department',
  dims: { department: 'Surgery' },
  window: { size: '1h', start: `2026-11-21T${start}:00:00Z`, end: `2026-11-21T${start + 1}:00:00Z` },
  values: { checkins },
  status: 'open',
  version: 1,
  updated_at: '2026-11-21T12:00:00Z',
});

test('means by hours leave out the hour that is not over yet', () => {
  const store = new CellStore(['department:1h']);
  store.receive({ type: 'snapshot', topic: 'department:1h', epoch: 1, seq: 1, cells: [hour(10, 8), hour(11, 2)] });
  const at = (asOf) =>
    departmentsModel({
      store,
      view: { departments: [] },
      zone: zoneOfDays([]),
      span: { from: '2026-11-21', to: '2026-11-21' },
      today: '2026-11-21',
      asOfMs: Date.parse(asOf),
      answers: { range: { kind: 'loading' } },
    });
  const running = at('2026-11-21T11:59:59Z');
  assert.deepEqual(running.heat.rows.map(({ hour: of, mean }) => [of, mean]), [[10, 8]]);
  assert.deepEqual([10, 11].map((of) => running.flow.rows[of].checkins), [8, null]);
  const over = at('2026-11-21T12:00:00Z');
  assert.deepEqual(over.heat.rows.map(({ hour: of, mean }) => [of, mean]), [[10, 8], [11, 2]]);
  assert.deepEqual([10, 11].map((of) => over.flow.rows[of].checkins), [8, 2]);
  const { heat, flow } = at('2026-11-21T10:59:59Z');
  assert.deepEqual([heat.kind, flow.kind], ['none', 'none']);
});
