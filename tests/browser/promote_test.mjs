// Another generation is put in force, and taken out again, while somebody watches: the real programs on Apache Kafka, and two
// pages in Chromium of which every state is recorded. All numbers change in one frame; nothing is ever between, or blank.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchBrowser, openPage, screenshot, settled } from './browser.mjs';
import { Hospital, until } from './programs.mjs';

const kEvents = 6_000;
const kHourMs = 3_600_000;
const kDayMs = 24 * kHourMs;
/** Another day, of which other visits are "today", and an emergency funnel with one step less. */
const kElsewhere = 'Asia/Kathmandu';
const kWithoutRoom = fileURLToPath(new URL('../integration/without_room.toml', import.meta.url));
/** What is watched: [query, selector of all whose text is a number or tells which numbers these are]. */
const kWatched = {
  live: ['', '#as-of-day, #tile-arrivals_today, #tile-left_today, #page-live .steps th, #page-live .steps [data-value="reached"]'],
  executive: ['?page=executive&range=7d', '#as-of-day, #page-executive .tile .value, #page-executive tbody :is(th, td)'],
};

const hospital = new Hospital();
let browser;
let isDone = false;

before(async () => {
  await hospital.open({ isReal: true });
  await hospital.run('wardpulse-producer', 'topics', '--brokers', hospital.brokers);
  // The last event is of an evening: in the other zone it is the next day already, and every range another one.
  const start = new Date(Math.floor(Date.now() / kDayMs - 2) * kDayMs + 9 * kHourMs).toISOString();
  await hospital.startProducer('--seed', '61', '--events', String(kEvents), '--rate', '0.05', '--speed', 'max', '--start', start).ended;
  hospital.startConsumer();
  await replay('run', '--generation', 'elsewhere', '--timezone', kElsewhere, '--funnels', kWithoutRoom, '--metrics-listen', '127.0.0.1:0');
  await hospital.startWeb();
  await until('all has been counted', async () => {
    const tasks = await hospital.cells('family=task');
    return tasks.reduce((sum, { values }) => sum + values.consumed, 0) >= kEvents;
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await hospital.end({ showsLogs: !isDone });
});

const replay = (command, ...options) => hospital.run('wardpulse-replay', command, '--brokers', hospital.brokers, ...options);

/** Records what the page shows, whenever anything in it has changed; each state once, in their order. */
function record(selector) {
  const states = (globalThis.recordedStates = []);
  const look = () => {
    const state = [...document.querySelectorAll(selector)].filter((node) => node.checkVisibility()).map((node) => node.textContent).join(' | ');
    if (states.at(-1) !== state) states.push(state);
  };
  look();
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}

class Watched {
  epochs = [];

  constructor(page, selector) {
    Object.assign(this, { page, selector });
  }

  static async open(name) {
    const [query, selector] = kWatched[name];
    const { page, complaints, context } = await openPage(browser, 'about:blank');
    const watched = Object.assign(new Watched(page, selector), { complaints, context });
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => watched.#received(JSON.parse(payload))));
    await page.goto(`${hospital.url}/${query}#key=${hospital.key}`);
    await settled(page);
    for (const button of await page.locator(`#page-executive .panel`).getByRole('button', { name: 'Table' }).all()) await button.click();
    return watched;
  }

  #received({ type, epoch }) {
    if (type === 'snapshot' && this.epochs.at(-1) !== epoch) this.epochs.push(epoch);
  }

  /** Once nothing that is watched has changed for a while. */
  async calm() {
    let [last, sinceMs] = [null, 0];
    await until('the numbers have come to rest', async () => {
      const now = await this.page.locator(this.selector).allTextContents();
      if (JSON.stringify(now) !== JSON.stringify(last)) [last, sinceMs] = [now, Date.now()];
      return Date.now() - sinceMs > 1500;
    });
  }

  states() {
    return this.page.evaluate(() => globalThis.recordedStates);
  }
}

test('promote and rollback are one frame each, on every page that is watched', async () => {
  const pages = await Promise.all(Object.keys(kWatched).map((name) => Watched.open(name)));
  for (const watched of pages) {
    await watched.calm();
    await watched.page.evaluate(record, watched.selector);
  }
  const untilStates = (count) =>
    until(`${count} states`, async () => (await Promise.all(pages.map((watched) => watched.states()))).every(({ length }) => length >= count));
  await replay('promote', '--generation', 'elsewhere', '--yes');
  await untilStates(2);
  await Promise.all(pages.map((watched) => watched.calm()));
  assert.equal((await hospital.get('/api/v1/cells?family=task')).generation, 'elsewhere');
  for (const [i, { page }] of pages.entries()) await screenshot(page, `promoted-${Object.keys(kWatched)[i]}`);
  await replay('rollback', '--yes');
  await untilStates(3);
  await Promise.all(pages.map((watched) => watched.calm()));
  for (const watched of pages) {
    const [old, promoted, back, ...others] = await watched.states();
    assert.deepEqual(others, [], 'each switch is one state, and nothing else is ever shown');
    assert.notEqual(promoted, old);
    assert.equal(back, old);
    assert.match(old, / · UTC \|/);
    assert.match(promoted, / · (Asia\/Kathmandu, )?UTC\+05:45 \|/);
    assert.notEqual(promoted.split(' · ')[0], old.split(' · ')[0], 'the days differ');
    assert.equal(/In a room/.test(old), watched === pages[0]);
    assert.doesNotMatch(promoted, /In a room/);
    assert.equal(new Set(watched.epochs).size, 3, `epochs ${watched.epochs}`);
    assert.deepEqual(watched.complaints, []);
    await watched.context.close();
  }
  isDone = true;
});
