// What counts as restated, and what of a table or of a share reads otherwise than before.
import assert from 'node:assert/strict';
import test from 'node:test';
import { changesOfRows } from '../../../web/dashboard/assets/model/changes.mjs';
import { departmentsModel } from '../../../web/dashboard/assets/model/departments.mjs';
import { complement, overTime, ratio, sumCells } from '../../../web/dashboard/assets/model/sums.mjs';
import { asEarlier, earlierOf, noteRestatement } from '../../../web/dashboard/assets/restated.mjs';
import { CellStore } from '../../../web/dashboard/assets/state.mjs';
import { zoneOfDays } from '../../../web/dashboard/assets/zone.mjs';

const day = (values, { status = 'closed', family = 'hospital', date = 20, ...rest } = {}) => ({
  family,
  dims: {},
  window: { size: '1d', start: `2026-11-${date}T00:00:00Z`, end: `2026-11-${date + 1}T00:00:00Z` },
  values,
  status,
  ...rest,
});
const after = (held, next) => {
  noteRestatement(held, next);
  return next;
};

test('a number is restated when it changes after closing: from then on, and until it is again what it was', () => {
  const open = day({ checkins: 1 }, { status: 'open' });
  const closed = after(open, day({ checkins: 2 }));
  assert.equal(earlierOf(closed), undefined);
  const first = after(closed, day({ checkins: 3 }));
  const second = after(first, day({ checkins: 4 }, { status: 'final' }));
  assert.equal(earlierOf(first), closed);
  assert.equal(earlierOf(second), closed, 'before is before the first change');
  assert.equal(earlierOf(after(second, day({ checkins: 2 }))), undefined);
  assert.equal(earlierOf(after(closed, day({ checkins: 2 }, { status: 'final' }))), undefined, 'its status alone is no number');
});

test('families that go on after their window are restated only once they are final; those without a window never', () => {
  const paid = day({ paid_bills: 1 }, { family: 'finance' });
  assert.equal(earlierOf(after(paid, day({ paid_bills: 2 }, { family: 'finance' }))), undefined);
  const final = day({ paid_bills: 2 }, { family: 'finance', status: 'final' });
  assert.equal(earlierOf(after(final, day({ paid_bills: 3 }, { family: 'finance', status: 'final' }))), final);
  const census = { ...day({ waiting: 1 }), window: null };
  assert.equal(earlierOf(after(census, { ...census, values: { waiting: 2 } })), undefined);
});

test('a share of restated sums was another share, also what is left of it', () => {
  const cells = [day({ failed: 1, evaluated: 10 }, { date: 18 }), after(day({ failed: 2, evaluated: 10 }), day({ failed: 5, evaluated: 10 }))];
  const sum = (name) => sumCells(cells, (values) => values[name], '');
  assert.deepEqual(sum('failed').restated, { before: 3 });
  assert.equal(sum('evaluated').restated, undefined);
  const share = ratio(sum('failed'), sum('evaluated'), '');
  assert.deepEqual([share.value, share.restated], [0.3, { before: 0.15 }]);
  const rest = complement(share);
  assert.deepEqual([rest.value, rest.restated], [0.7, { before: 0.85 }]);
  assert.equal(asEarlier([cells[0]]), null);
});

test('of a table the numbers that read otherwise are told, by row and column, as they were shown', () => {
  const columns = [
    { title: 'Day', of: ({ date }) => date },
    { title: 'Count', of: ({ count }) => count },
    { title: 'Share ', of: ({ share }) => share, format: (value) => `${Math.round(100 * value)}%` },
  ];
  const rowsOf = (cells) => ({ kind: 'value', rows: cells.map(({ window, values }) => ({ date: window.start.slice(0, 10), ...values })) });
  const cells = [day({ count: 1, share: 0.5 }, { date: 18 }), after(day({ count: 7, share: 0.201 }), day({ count: 8, share: 0.202 }))];
  const { rows, earlier } = overTime(cells, rowsOf);
  assert.deepEqual(changesOfRows(columns, rows, earlier), [{ index: 1, place: 1, row: '2026-11-20', column: 'Count', before: '7', after: '8' }]);
  assert.deepEqual(changesOfRows(columns, rows, undefined), []);
});

test('departments of a range that is still running: only what hours of finished days added late is taken off', () => {
  const hour = (date, left, version) => ({
    ...day({ checkins: 9, completed: 0, left, no_show: 0, admissions: 0, by_visit_type: {} }, { family: 'department' }),
    dims: { department: 'Surgery' },
    window: { size: '1h', start: `2026-11-${date}T10:00:00Z`, end: `2026-11-${date}T11:00:00Z` },
    version,
    updated_at: `2026-11-21T12:00:0${version}Z`,
  });
  const store = new CellStore(['department:1h']);
  const message = (type, cells, seq) => ({ type, topic: 'department:1h', epoch: 1, seq, prev: seq - 1, cells });
  store.receive(message('snapshot', [hour(20, 1, 1), hour(21, 1, 1)], 1));
  store.receive(message('delta', [hour(20, 3, 2), hour(21, 5, 2)], 2));
  const leftBefore = (asOf) => {
    const cells = [{ ...hour(20, 40, 9), status: 'open' }];
    const answers = { range: { kind: 'value', body: { as_of: asOf, cells } } };
    const context = { store, view: { departments: [] }, zone: zoneOfDays([]), span: { from: '2026-11-15', to: '2026-11-21' }, today: '2026-11-21', answers };
    return departmentsModel(context).compare.earlier?.[0].left;
  };
  assert.equal(leftBefore('2026-11-21T12:00:02Z'), 38);
  assert.equal(leftBefore('2026-11-21T12:00:01Z'), undefined, 'the answer does not hold the late records yet');
});
