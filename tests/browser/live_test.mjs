// The whole way: simulated events through the real broker, consumer and web service into a page in Chromium.
import assert from 'node:assert/strict';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { buildDashboard, kSizes, launchBrowser, openPage, screenshot } from './browser.mjs';
import { Programs, freePort, until } from './programs.mjs';

const programs = new Programs();
let browser;
let brokers;
let web;
let port;
let key;
let producer;
let passed = 0;
const kTests = 4;

async function startWeb() {
  web = programs.start(
    'wardpulse-web',
    '--brokers',
    brokers,
    '--listen',
    `127.0.0.1:${port}`,
    '--private-listen',
    '127.0.0.1:0',
    '--keys',
    path.join(programs.folder, 'keys'),
    '--dashboard',
    path.join(programs.folder, 'dashboard'),
  );
  await until(
    'the web service serves numbers',
    async () =>
      (await fetch(`http://127.0.0.1:${port}/api/v1/cells?family=task`, { headers: { 'X-API-Key': key } })).ok,
  );
}

async function cells(query) {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/cells?${query}`, { headers: { 'X-API-Key': key } });
  assert.equal(response.status, 200);
  return (await response.json()).cells;
}

before(async () => {
  buildDashboard(path.join(programs.folder, 'dashboard'));
  const broker = programs.start('wardpulse-broker');
  brokers = await until('the broker is there', () => /^bootstrap=(.*)$/m.exec(broker.words())?.[1]);
  const keys = programs.start(
    'wardpulse-web',
    'keys',
    'create',
    '--keys',
    path.join(programs.folder, 'keys'),
    '--scope',
    'read',
  );
  assert.equal(await keys.ended, 0);
  key = keys.words().trim();
  port = await freePort();
  // The embedded broker keeps little: readers first.
  programs.start('wardpulse-consumer', '--brokers', brokers, '--metrics-listen', '127.0.0.1:0');
  await startWeb();
  producer = programs.start(
    'wardpulse-producer',
    'simulate',
    '--brokers',
    brokers,
    '--seed',
    '11',
    '--rate',
    '2',
    '--history',
    '6h',
    '--metrics-listen',
    '127.0.0.1:0',
  );
  await until('history is there', async () => (await cells('family=census')).length > 0);
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await programs.end({ showsLogs: passed < kTests });
});

const open = (options) => openPage(browser, `http://127.0.0.1:${port}/#key=${key}`, options);
const numberIn = async (page, selector) => Number((await page.locator(selector).textContent()).replaceAll(',', ''));
const untilState = (page, state) => page.waitForSelector(`#status[data-state="${state}"]`, { timeout: 30_000 });

test('a number changes by itself', async () => {
  const { page, complaints, context } = await open();
  await untilState(page, 'live');
  await page.waitForSelector('#arrivals-chart canvas');
  const arrivals = await until('arrivals are shown', () => numberIn(page, '#tile-arrivals_today'));
  await until('somebody else arrives', async () => (await numberIn(page, '#tile-arrivals_today')) > arrivals, 60_000);
  assert.deepEqual(complaints, []);
  await context.close();
  passed += 1;
});

test('looks, in both themes and three sizes', async () => {
  for (const theme of ['light', 'dark']) {
    for (const [name, size] of Object.entries(kSizes)) {
      const { page, complaints, context } = await open({ size, theme });
      await page.waitForSelector('#arrivals-chart canvas');
      await until('the rate is known', () => page.locator('#feed-rate[data-kind="value"]').count());
      await screenshot(page, `real-${name}-${theme}`, { fullPage: true });
      // The README's picture.
      if (name === 'wide' && theme === 'light') await screenshot(page, 'live');
      assert.deepEqual(complaints, []);
      await context.close();
    }
  }
  passed += 1;
});

test('the page reconnects to a web service that was killed', async () => {
  const { page, context } = await open();
  await untilState(page, 'live');
  const arrivals = await until('arrivals are shown', () => numberIn(page, '#tile-arrivals_today'));
  await web.end('SIGKILL');
  await untilState(page, 'reconnecting');
  assert.ok((await numberIn(page, '#tile-arrivals_today')) >= arrivals, 'numbers stay while there is no connection');
  await startWeb();
  await untilState(page, 'live');
  await until('it goes on', async () => (await numberIn(page, '#tile-arrivals_today')) > arrivals, 60_000);
  await context.close();
  passed += 1;
});

test("once the events have ended, the page's numbers are the API's", async () => {
  const { page, complaints, context } = await open();
  await untilState(page, 'live');
  assert.equal(await producer.end(), 0);
  const agrees = async () => {
    const census = await cells('family=census');
    const sum = (list, name) => list.reduce((total, { values }) => total + values[name], 0);
    for (const place of ['waiting', 'in_care', 'boarding', 'admitted'])
      assert.equal(await numberIn(page, `#tile-${place}`), sum(census, place), place);
    const today = (await cells('family=hospital&window=1d')).at(-1);
    assert.equal(await numberIn(page, '#tile-arrivals_today'), today.values.checkins);
    assert.equal(await numberIn(page, '#tile-left_today'), today.values.left);
    assert.equal(await numberIn(page, '#feed-consumed'), sum(await cells('family=task'), 'consumed'));
    const [{ values: funnel }] = (await cells('family=funnel&window=1d&funnel=emergency&department=all')).slice(-1);
    const reached = await page.locator('.steps [data-value="reached"]').allTextContents();
    assert.deepEqual(
      reached.map((text) => Number(text.replaceAll(',', ''))),
      funnel.reached,
    );
    assert.equal(await numberIn(page, '.fates [data-id="open"] .count'), funnel.open);
    return true;
  };
  await until('page and API agree', agrees);
  assert.deepEqual(complaints, []);
  await context.close();
  passed += 1;
});
