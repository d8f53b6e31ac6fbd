// What the page costs its viewer: time to the first paint, the main thread with twenty busy departments, and memory while
// event time goes on for an hour.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { settled } from './browser.mjs';
import { FakeHospital, kDepartments } from './fake_hospital.mjs';
import { Stage } from './stage.mjs';

const kTwenty = [...kDepartments, ...Array.from({ length: 13 }, (_, i) => `Ward ${i + 1}`)];
const kUpdateEveryMs = 100;
const kWatchedMs = 60_000;
const kMiB = 1024 * 1024;
const stage = new Stage();
let server;

before(async () => {
  server = await stage.serve(new FakeHospital({ departments: kTwenty }));
});

/** Updates the hospital by `stepMs` of event time ten times a second, for a minute. */
async function watch(stepMs) {
  const timer = setInterval(() => {
    server.hospital.step(stepMs);
    server.publish();
  }, kUpdateEveryMs);
  await new Promise((resolve) => {
    setTimeout(resolve, kWatchedMs);
  });
  clearInterval(timer);
}

async function metrics(session) {
  const { metrics: list } = await session.send('Performance.getMetrics');
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

test('the first paint comes within a second', async (t) => {
  const times = [];
  for (let i = 0; i < 3; i += 1) {
    const { page, context } = await stage.open(server);
    const paint = await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
    times.push(await paint.jsonValue());
    await context.close();
  }
  t.diagnostic(`first paint after ${times.map(Math.round).join(', ')} ms`);
  assert.ok(Math.min(...times) < 1000, String(times));
});

test('a minute of live updates with twenty departments takes less than a fifth of the main thread', async (t) => {
  const { page, complaints, context } = await stage.open(server);
  await settled(page);
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const start = await metrics(session);
  await watch(kUpdateEveryMs);
  const end = await metrics(session);
  const share = (end.TaskDuration - start.TaskDuration) / (kWatchedMs / 1000);
  t.diagnostic(`main thread ${(100 * share).toFixed(1)} %`);
  assert.ok(share < 0.2, `${(100 * share).toFixed(1)} % of the main thread`);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('while event time goes on for an hour memory stays', async (t) => {
  const { page, context } = await stage.open(server);
  await settled(page);
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  const used = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { JSHeapUsedSize: heap, Nodes: nodes } = await metrics(session);
    return { heap: heap / kMiB, nodes };
  };
  await watch(1000); // ten minutes: what is made once has been made
  const before = await used();
  await watch(6000);
  const after = await used();
  t.diagnostic(`heap ${before.heap.toFixed(1)} MiB, after an hour ${after.heap.toFixed(1)} MiB; nodes ${before.nodes} and ${after.nodes}`);
  // An hour adds what is held of it: minutes by department, up to as many as a snapshot holds.
  assert.ok(after.heap - before.heap < 4, `${before.heap} to ${after.heap} MiB`);
  assert.ok(after.nodes < before.nodes * 1.2, `${before.nodes} to ${after.nodes} nodes`);
  await context.close();
});
