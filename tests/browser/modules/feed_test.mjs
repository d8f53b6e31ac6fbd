import assert from 'node:assert/strict';
import test from 'node:test';
import { retryDelayMs } from '../../../web/dashboard/assets/connection.mjs';
import {
  RateMeter,
  publicFreshness,
  freshness,
  kDisconnectedAfterMs,
  kSilentAfterMs,
  kStaleAfterMs,
} from '../../../web/dashboard/assets/model/feed.mjs';

test('the rate is a mean over ten seconds, and unknown at first', () => {
  const meter = new RateMeter();
  assert.equal(meter.perSecond, null);
  meter.add(0, 1000);
  meter.add(1000, 1040);
  assert.equal(meter.perSecond, null, 'one second is too short');
  for (let s = 2; s <= 20; s += 1) meter.add(s * 1000, 1000 + 40 * s);
  assert.equal(meter.perSecond, 40);
  for (let s = 21; s <= 40; s += 1) meter.add(s * 1000, 1800);
  assert.equal(meter.perSecond, 0, 'a feed that stands still, which is known');
});

test('a total that falls is counted anew', () => {
  const meter = new RateMeter();
  [0, 1000, 2000, 3000].forEach((ms) => meter.add(ms, 5000 + ms));
  meter.add(4000, 10);
  assert.equal(meter.perSecond, null);
});

const kOpen = { isOpen: true, everOpen: true, lastMessageMs: 100_000, downSinceMs: null };
const kDown = { isOpen: false, everOpen: true, lastMessageMs: 0, downSinceMs: 100_000 };

test('live, stale by age, stale by silence', () => {
  const at = (nowMs, ageMs) => freshness({ link: kOpen, nowMs, ageMs }).state;
  assert.equal(at(100_500, 6000), 'live');
  assert.equal(at(100_500, kStaleAfterMs - 1), 'live');
  assert.equal(at(100_500, kStaleAfterMs), 'stale');
  assert.equal(at(100_000 + kSilentAfterMs, 6000), 'stale');
  assert.equal(at(100_500, null), 'live', 'no numbers yet is not stale');
});

test('a session that was refused needs a key, however long ago', () => {
  assert.equal(freshness({ link: { ...kDown, isRefused: true }, nowMs: 900_000, ageMs: null }).state, 'locked');
});

test('connecting, reconnecting, disconnected', () => {
  const at = (link, nowMs) => freshness({ link, nowMs, ageMs: null }).state;
  assert.equal(at({ ...kDown, everOpen: false }, 100_500), 'connecting');
  assert.equal(at(kDown, 100_500), 'reconnecting');
  assert.equal(at(kDown, 100_000 + kDisconnectedAfterMs), 'disconnected');
  assert.equal(at({ ...kDown, everOpen: false }, 100_000 + kDisconnectedAfterMs), 'disconnected');
});

test('an age is never negative, whatever the clocks say', () => {
  assert.equal(freshness({ link: kOpen, nowMs: 100_500, ageMs: -40 }).age_ms, 0);
});

test('attempts come later and later, spread out, and never rarer than each 15 s', () => {
  assert.deepEqual(
    [0, 1, 2, 9].map((attempt) => retryDelayMs(attempt, () => 1)),
    [500, 1000, 2000, 15_000],
  );
  assert.deepEqual(
    [0, 1, 2, 9].map((attempt) => retryDelayMs(attempt, () => 0)),
    [250, 500, 1000, 7500],
  );
});

test('the public page is public while it is answered, and says since when it is not', () => {
  assert.deepEqual(publicFreshness({ lostMs: null, nowMs: 5 }), { state: 'public', age_ms: null });
  assert.deepEqual(publicFreshness({ lostMs: 1000, nowMs: 4000 }), { state: 'reconnecting', age_ms: 3000 });
  assert.deepEqual(publicFreshness({ lostMs: 1000, nowMs: 61_000 }), { state: 'disconnected', age_ms: 60_000 });
});
