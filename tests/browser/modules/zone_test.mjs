import assert from 'node:assert/strict';
import test from 'node:test';
import { zoneOfDays } from '../../../web/dashboard/assets/zone.mjs';

const day = (start, end) => ({ window: { size: '1d', start, end } });
const kWinter = day('2026-11-21T00:00:00+01:00', '2026-11-22T00:00:00+01:00');
const kSpringForward = day('2026-03-29T00:00:00+01:00', '2026-03-30T00:00:00+02:00');

test("the hospital's time is shown, not the viewer's", () => {
  const zone = zoneOfDays([kWinter], 'America/New_York');
  assert.equal(zone.label, 'UTC+01:00');
  assert.equal(zone.timeWithSeconds(Date.UTC(2026, 10, 21, 23, 30, 5)), '00:30:05');
  assert.equal(zone.date(Date.UTC(2026, 10, 21, 23, 30)), 'Sun 22 November 2026');
});

test("the viewer's zone is used by name where it fits every day", () => {
  const zone = zoneOfDays([kSpringForward], 'Europe/Stockholm');
  assert.equal(zone.label, 'Europe/Stockholm, UTC+02:00');
  assert.equal(zone.time(Date.UTC(2026, 2, 29, 0, 30)), '01:30', 'before the clock change');
  assert.equal(zone.time(Date.UTC(2026, 2, 29, 1, 30)), '03:30', 'after it');
});

test('offsets west of Greenwich and of half an hour', () => {
  assert.equal(zoneOfDays([day('2026-11-21T00:00:00-03:30', '2026-11-22T00:00:00-03:30')], 'UTC').label, 'UTC−03:30');
});

test('without any day it is UTC', () => {
  assert.equal(zoneOfDays([], 'Europe/Stockholm').label, 'UTC');
  assert.equal(zoneOfDays([day('2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z')], 'UTC').label, 'UTC');
});
