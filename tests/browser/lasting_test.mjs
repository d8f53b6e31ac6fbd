// A screen that nobody reloads: sessions end under it, parts of the page do not come at once, and browsers differ.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kPages } from '../../web/dashboard/assets/router.mjs';
import { settled } from './browser.mjs';
import { kKey } from './fake_server.mjs';
import { Stage, kPatience, untilState, visit } from './stage.mjs';

const stage = new Stage();
const pageOf = (wanted) => kPages.find(({ id }) => id === wanted);
const subscriptions = (server) => server.received.filter(({ op }) => op === 'subscribe').length;

describe('a page that stays open', { concurrency: 3 }, () => {
  test('a session that ends is opened again with the key, without a word', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server);
    await settled(page);
    server.endSessions();
    const answers = [];
    page.on('response', (response) => answers.push(`${response.status()} ${new URL(response.url()).pathname}`));
    for (const id of ['executive', 'finance']) {
      await visit(page, pageOf(id));
      await settled(page);
      assert.equal(await page.locator(`#page-${id}`).getByText('there is nothing at this address').count(), 0);
    }
    assert.ok(answers.some((answer) => answer.startsWith('401 /api/')), 'the session had ended');
    assert.equal(answers.filter((answer) => answer === '204 /session').length, 1);
    server.endSessions();
    await visit(page, pageOf('live'));
    await page.locator('#tile-waiting').click();
    await page.locator('dialog.explain .answer h3').first().waitFor(kPatience);
    assert.equal(await page.locator('#status').getAttribute('data-state'), 'live');
    await context.close();
  });

  test('a key that is not good any more is asked for, and the connection serves on with another one', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server);
    await settled(page);
    server.endSessions();
    server.keyIsGood = false;
    await page.locator('#nav').getByRole('link', { name: pageOf('executive').title, exact: true }).click(); // the form may come before the page
    await untilState(page, 'locked');
    await page.locator('#key-form').waitFor(kPatience);
    server.keyIsGood = true;
    const before = subscriptions(server);
    await page.locator('#key-form input').fill(kKey);
    await page.keyboard.press('Enter');
    await page.locator('#key-form').waitFor({ state: 'hidden', ...kPatience });
    await untilState(page, 'live');
    await settled(page);
    assert.ok(subscriptions(server) <= before + 1, 'it is the same connection');
    await context.close();
  });

  test('an answer of a proxy while the server is away does not lose the key', async () => {
    const server = await stage.serve();
    let isAway = false;
    const before = (page) => page.route('**/session', (route) => (isAway ? route.fulfill({ status: 404, body: 'gone' }) : route.continue()));
    const { page, context } = await stage.open(server, '', { before });
    await untilState(page, 'live');
    isAway = true;
    server.endSessions();
    server.dropConnections();
    await untilState(page, 'reconnecting');
    await page.waitForResponse((response) => response.status() === 404, kPatience);
    assert.equal(await page.locator('#key-form').isVisible(), false);
    isAway = false;
    await untilState(page, 'live');
    await context.close();
  });

  test('a browser that does not tell when it is idle shows the same', async () => {
    const server = await stage.serve();
    const before = (page) => page.addInitScript(() => delete globalThis.requestIdleCallback);
    const { page, complaints, context } = await stage.open(server, '', { before });
    await settled(page);
    await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/pages/public.mjs')), undefined, kPatience);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('charts and pages that cannot be loaded at once come later', async () => {
    const server = await stage.serve();
    const failed = new Set();
    const once = (route) => {
      const { pathname } = new URL(route.request().url());
      if (failed.has(pathname)) return route.continue();
      failed.add(pathname);
      return route.abort();
    };
    const before = async (page) => {
      await page.route('**/vendor/echarts*', once);
      await page.route('**/pages/*.mjs*', once);
    };
    const { page, context } = await stage.open(server, '', { before });
    await settled(page);
    await visit(page, pageOf('finance'));
    await settled(page);
    assert.ok(failed.has('/assets/pages/finance.mjs') && failed.has('/assets/pages/live.mjs'));
    assert.ok([...failed].some((name) => name.includes('echarts')));
    await context.close();
  });

  test('the public page tells that its numbers cannot be had any more, and when they can', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server, 'dashboard');
    await settled(page);
    await untilState(page, 'public');
    const shown = await page.locator('#page-public').innerText();
    await stage.stop(server);
    await untilState(page, 'reconnecting');
    assert.equal(await page.locator('#page-public').innerText(), shown, 'the numbers stay');
    await stage.serve(server.hospital, server.port);
    await untilState(page, 'public');
    await context.close();
  });

  test('the table of arrivals has a heading over every column, also after a choice', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server);
    await settled(page);
    await page.locator('#arrivals-tools').getByRole('button', { name: 'Table' }).click();
    const columns = () => page.locator('#arrivals-table thead th').count();
    assert.ok((await columns()) > 2);
    await page.locator('#departments summary').click();
    await page.getByRole('checkbox', { name: 'Surgery' }).check();
    await page.waitForFunction(() => document.querySelectorAll('#arrivals-table thead th').length === 2, undefined, kPatience);
    await page.waitForFunction(() => [...document.querySelectorAll('#arrivals-table tbody tr')].every((row) => row.children.length === 2), undefined, kPatience);
    await context.close();
  });

  test('a department is chosen from its table without loading the page anew', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server, '?page=departments');
    await settled(page);
    await page.evaluate(() => (globalThis.isTheSame = true));
    await page.locator('#page-departments th a[href]').first().click();
    await page.waitForURL(/department=/, kPatience);
    assert.equal(await page.evaluate(() => globalThis.isTheSame), true);
    await context.close();
  });

  test('how fast partitions move is not told while there is no connection', async () => {
    const server = (await stage.serve()).run();
    const { page, context } = await stage.open(server, '?page=system');
    const untilRates = (pattern) =>
      page.waitForFunction((wanted) => {
        const [head, body] = ['th', 'tbody tr'].map((of) => [...document.querySelectorAll(`#system-partitions ${of}`)]);
        const place = head.findIndex(({ innerText }) => innerText === 'A second');
        return body.length > 0 && body.every(({ children }) => new RegExp(wanted).test(children[place].innerText));
      }, pattern, kPatience);
    await untilRates('^[0-9.]+$');
    await stage.stop(server);
    await untilState(page, 'reconnecting');
    await untilRates('^–$');
    await context.close();
  });
});
