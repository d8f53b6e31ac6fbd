// A page that nobody looks at, a machine that slept, a wall: the page does no work for nobody, and is right again when it is looked
// at.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatCount } from '../../web/dashboard/assets/format.mjs';
import { screenshot, settled } from './browser.mjs';
import { FakeHospital } from './fake_hospital.mjs';
import { Stage, untilState, untilText } from './stage.mjs';

const stage = new Stage();
const consumed = (hospital) => [...hospital.topics.get('task').values()].reduce((sum, { values }) => sum + values.consumed, 0);

/** As a tab behind another one: hidden, and without frames until it is looked at again. Counts timers that wait. */
function canBeHidden() {
  let isHidden = false;
  let waiting = [];
  const [frame, later, cancel] = [requestAnimationFrame, setTimeout, clearTimeout].map((call) => call.bind(globalThis));
  const timers = new Set();
  globalThis.requestAnimationFrame = (callback) => (isHidden ? waiting.push(callback) : frame(callback));
  globalThis.setTimeout = (callback, ms, ...rest) => {
    const id = later(() => {
      timers.delete(id);
      callback(...rest);
    }, ms);
    timers.add(id);
    return id;
  };
  globalThis.clearTimeout = (id) => {
    timers.delete(id);
    cancel(id);
  };
  Object.defineProperty(document, 'hidden', { get: () => isHidden });
  Object.defineProperty(document, 'visibilityState', { get: () => (isHidden ? 'hidden' : 'visible') });
  globalThis.setHidden = (value) => {
    isHidden = value;
    if (!value) waiting.splice(0).forEach((callback) => frame(callback));
    document.dispatchEvent(new Event('visibilitychange'));
    if (value) waiting = [];
  };
  const every = setInterval.bind(globalThis);
  /** Ends once the page's own clock has ticked so often. */
  globalThis.afterTicks = (count) =>
    new Promise((resolve) => {
      const id = every(() => ((count -= 1) > 0 ? null : resolve(clearInterval(id))), 1000);
    });
  globalThis.waitingNow = () => ({ timers: timers.size, frames: waiting.length });
  /** The clock goes on while the machine sleeps; nothing else does. */
  const now = performance.now.bind(performance);
  let sleptMs = 0;
  performance.now = () => now() + sleptMs;
  globalThis.sleepFor = (ms) => {
    sleptMs += ms;
  };
}

async function openHidable(server, query) {
  const view = await stage.open(server, query);
  await view.page.addInitScript(canBeHidden);
  await view.page.reload();
  await settled(view.page);
  return view;
}

describe('presence', { concurrency: 3 }, () => {
  test('a tab in the background takes in cells, asks for nothing, draws nothing, and catches up when it is looked at', async () => {
    const server = await stage.serve();
    const { page, complaints, context } = await openHidable(server, '?page=system');
    await page.evaluate(() => globalThis.setHidden(true));
    const asked = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const shown = await page.locator('#page-system').innerText();
    // Minutes of updates, and some more ticks of the page's own clock than it draws in.
    for (let i = 0; i < 240; i += 1) {
      server.hospital.step();
      server.publish();
      if (i % 60 === 59) await page.evaluate(() => globalThis.afterTicks(1));
    }
    const { timers, frames } = await page.evaluate(() => globalThis.waitingNow());
    assert.ok(timers <= 3 && frames <= 2, `${timers} timers and ${frames} frames wait`);
    assert.deepEqual(asked, []);
    assert.equal(await page.locator('#page-system').innerText(), shown);
    await page.evaluate(() => globalThis.setHidden(false));
    await untilText(page, '#tile-system_consumed', formatCount(consumed(server.hospital)));
    await untilState(page, 'live');
    assert.ok(asked.length > 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('after sleep the connection is not trusted: it is opened anew, which is said, and the numbers are those of now', async () => {
    const server = await stage.serve();
    const { page, complaints, context } = await openHidable(server, '');
    await untilState(page, 'live');
    const states = await page.evaluateHandle(() => {
      const seen = [];
      new MutationObserver(() => seen.push(document.querySelector('#status').dataset.state)).observe(document.querySelector('#status'), { attributes: true });
      return seen;
    });
    // The socket is dead, and nobody has told the page.
    server.isSilent = true;
    for (let i = 0; i < 30; i += 1) server.hospital.step();
    await page.evaluate(() => globalThis.sleepFor(3_600_000));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await untilState(page, 'reconnecting');
    assert.match(await page.locator('#status-text').textContent(), /^Reconnecting · 1 h 00 min old$/);
    server.publish();
    server.isSilent = false;
    server.dropConnections();
    await untilState(page, 'live');
    await untilText(page, '#tile-arrivals_today', formatCount(server.hospital.today.values.checkins));
    assert.ok((await states.jsonValue()).includes('reconnecting'));
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a frozen tab is thawed with the numbers of now', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server);
    await untilState(page, 'live');
    const session = await context.newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    for (let i = 0; i < 60; i += 1) {
      server.hospital.step();
      server.publish();
    }
    server.dropConnections();
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await untilText(page, '#tile-arrivals_today', formatCount(server.hospital.today.values.checkins));
    await untilState(page, 'live');
    await context.close();
  });

  test('the button shows the page on the full screen, and back', async () => {
    const server = await stage.serve();
    const { page, complaints, context } = await stage.open(server);
    await settled(page);
    const button = page.locator('#full-screen');
    const isFull = () => page.evaluate(() => document.fullscreenElement === document.documentElement);
    for (const wanted of [true, false]) {
      await button.click();
      await page.waitForSelector(`#full-screen[aria-pressed="${wanted}"]`);
      assert.equal(await isFull(), wanted);
    }
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('on the wall of a hospital that did not say how many beds it has, crowding says why there is no score', async () => {
    const hospital = new FakeHospital();
    const [{ family, dims, window, values }] = hospital.topics.get('crowding').values();
    hospital.put('crowding', { family, dims, window }, { ...values, score: null, band: null, inputs: { ...values.inputs, ed_beds: null, hospital_beds: null } });
    const server = await stage.serve(hospital);
    const { page, complaints, context } = await stage.open(server, '?wall=1');
    await settled(page);
    assert.equal(await page.locator('#crowding-score').textContent(), '–');
    assert.match(await page.locator('.crowding').innerText(), /Cannot be computed: the number of beds is not set/i);
    assert.equal(await page.locator('.crowding .needle:visible').count(), 0);
    await screenshot(page, 'wall-without-beds');
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('whoever wants less motion sees none', async () => {
    const server = await stage.serve();
    const movingWith = async (reducedMotion) => {
      const { page, context } = await stage.open(server, '', { reducedMotion });
      await settled(page);
      const count = await page.evaluate(() => {
        const lasts = (style) => parseFloat(style.transitionDuration) > 0 || parseFloat(style.animationDuration) > 0;
        const looks = (node) => [null, '::before', '::after'].map((part) => getComputedStyle(node, part));
        return [...document.querySelectorAll('*')].filter((node) => looks(node).some(lasts)).length;
      });
      await context.close();
      return count;
    };
    assert.equal(await movingWith('reduce'), 0);
    assert.ok((await movingWith('no-preference')) > 0, 'there is motion to be without');
  });
});
