// The whole way: simulated events through the real broker, consumer and web service into a page in Chromium.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { kPages } from '../../web/dashboard/assets/router.mjs';
import { launchBrowser, openPage, picture, screenshot, settled } from './browser.mjs';
import { Hospital, until } from './programs.mjs';

const hospital = new Hospital();
let browser;
let consumer;
let producer;
let passed = 0;
const kTests = 6;
/** [name, query, theme] */
const kPictures = [
  ['live', '', 'light'],
  ['wall', '?wall=1', 'dark'],
  ['departments', '?page=departments&range=7d', 'light'],
];

before(async () => {
  await hospital.open();
  // The embedded broker keeps little: readers first.
  consumer = hospital.startConsumer();
  await hospital.startWeb();
  producer = hospital.startProducer('--seed', '11', '--rate', '2', '--history', '6h');
  await until('history is there', async () => (await hospital.cells('family=census')).length > 0);
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await hospital.end({ showsLogs: passed < kTests });
});

const open = ({ query = '', ...options } = {}) => openPage(browser, `${hospital.url}/${query}#key=${hospital.key}`, options);
const numberIn = async (page, selector) => Number((await page.locator(selector).textContent()).replaceAll(',', ''));
/** What changes with every few events, also at night; and just after midnight nobody has arrived today. */
const tiles = async (page) => (await page.locator('#page-live .tile .value[data-kind="value"]').allTextContents()).join(' ');
const untilState = (page, state) => page.waitForSelector(`#status[data-state="${state}"]`, { timeout: 60_000 });

test('a number changes by itself', async () => {
  const { page, complaints, context } = await open();
  await untilState(page, 'live');
  await page.waitForSelector('#arrivals-chart canvas');
  const before = await until('numbers are shown', () => tiles(page));
  await until('somebody comes or goes', async () => (await tiles(page)) !== before);
  assert.deepEqual(complaints, []);
  await context.close();
  passed += 1;
});

test('every page has its numbers, and a number explains itself', async () => {
  const { page, complaints, context } = await open();
  for (const { id, title } of kPages) {
    await page.locator('#nav').getByRole('link', { name: title, exact: true }).click();
    await page.waitForSelector(`#page-${id}:not([hidden])`);
    await settled(page);
    const refused = await page.locator(`#page-${id} .empty:visible`).allTextContents();
    assert.ok(refused.every((words) => !/status|parameter|no such|unknown/.test(words)), `${id}: ${refused}`);
    const number = page.locator(`#page-${id} .tile .value[data-kind="value"]`).first();
    if ((await number.count()) > 0) {
      await number.click();
      await page.waitForSelector('dialog.explain :is(.answer h3, a[href*="/marts/"])');
      await page.keyboard.press('Escape');
    }
    await screenshot(page, `real-${id}`, { fullPage: true });
  }
  assert.deepEqual(complaints, []);
  await context.close();
  passed += 1;
});

test("the README's pictures", async () => {
  for (const [name, query, theme] of kPictures) {
    const { page, complaints, context } = await open({ theme, query });
    await settled(page);
    if (name !== 'departments') await until('the rate is known', () => page.locator('#feed-rate[data-kind="value"]').count());
    await picture(page, name);
    assert.deepEqual(complaints, []);
    await context.close();
  }
  passed += 1;
});

test('the page reconnects to a web service that was killed', async () => {
  const { page, context } = await open();
  await untilState(page, 'live');
  await until('numbers are shown', () => tiles(page));
  await hospital.web.end('SIGKILL');
  await untilState(page, 'reconnecting');
  const before = await tiles(page);
  assert.notEqual(before, '', 'numbers stay while there is no connection');
  await hospital.startWeb();
  await untilState(page, 'live');
  await until('it goes on', async () => (await tiles(page)) !== before);
  await context.close();
  passed += 1;
});

test("once the events have ended, the page's numbers are the API's", async () => {
  const { page, complaints, context } = await open();
  await untilState(page, 'live');
  assert.equal(await producer.end(), 0);
  const agrees = async () => {
    const census = await hospital.cells('family=census');
    const sum = (list, name) => list.reduce((total, { values }) => total + values[name], 0);
    for (const place of ['waiting', 'in_care', 'boarding', 'admitted'])
      assert.equal(await numberIn(page, `#tile-${place}`), sum(census, place), place);
    const today = (await hospital.cells('family=hospital&window=1d')).at(-1);
    assert.equal(await numberIn(page, '#tile-arrivals_today'), today.values.checkins);
    assert.equal(await numberIn(page, '#tile-left_today'), today.values.left);
    assert.equal(await numberIn(page, '#feed-consumed'), sum(await hospital.cells('family=task'), 'consumed'));
    const [{ values: funnel }] = (await hospital.cells('family=funnel&window=1d&funnel=emergency&department=all')).slice(-1);
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

test('numbers are stale once nobody makes new ones, and say how old they are', async () => {
  const { page, context } = await open();
  await untilState(page, 'live');
  await consumer.end('SIGKILL');
  await page.waitForSelector('#status[data-state="stale"]', { timeout: 100_000 });
  assert.match(await page.locator('#status-text').textContent(), /^Stale · \d+ (s|min)/);
  assert.match(await page.locator('#tile-waiting').textContent(), /^\d/);
  await page.locator('#nav').getByRole('link', { name: 'System', exact: true }).click();
  await page.locator('#system-programs tbody tr', { hasText: /consumer .*silent for/ }).waitFor({ timeout: 30_000 });
  await context.close();
  passed += 1;
});
