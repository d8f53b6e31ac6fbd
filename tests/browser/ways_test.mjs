// Ways through the pages: range and departments in the address, the table and the file behind every chart, print, keys.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { formatCount } from '../../web/dashboard/assets/format.mjs';
import { kPages } from '../../web/dashboard/assets/router.mjs';
import { screenshot, settled } from './browser.mjs';
import { Stage, untilText, visit } from './stage.mjs';

const stage = new Stage();
let server;

before(async () => {
  server = await stage.serve();
});

const open = (query, options) => stage.open(server, query, options);
const addressOf = (page) => new URL(page.url()).search;

describe('ways', { concurrency: 2 }, () => {
  test('a range is chosen, is in the address, and Back leads back', async () => {
    const { page, context } = await open('?page=quality');
    await settled(page);
    const judged = (days) =>
      [...server.hospital.topics.get('quality:1d').values()]
        .filter(({ window }) => Date.parse(window.start) > server.hospital.nowMs - days * 86_400_000)
        .reduce((sum, { values }) => sum + values.evaluated, 0);
    await untilText(page, '#tile-quality_evaluated', formatCount(judged(30)));
    await page.selectOption('#range', '7d');
    await untilText(page, '#tile-quality_evaluated', formatCount(judged(7)));
    assert.equal(addressOf(page), '?page=quality&range=7d');
    assert.equal(await page.locator('#zone').textContent(), 'UTC');
    await page.selectOption('#range', 'custom');
    const day = new Date(server.hospital.nowMs).toISOString().slice(0, 10);
    await page.fill('#from', day);
    await untilText(page, '#tile-quality_evaluated', formatCount(judged(1)));
    assert.equal(addressOf(page), `?page=quality&from=${day}&to=${day}`);
    await page.goBack();
    await page.goBack();
    await untilText(page, '#tile-quality_evaluated', formatCount(judged(7)));
    assert.equal(await page.locator('#range').inputValue(), '7d');
    await context.close();
  });

  test('departments are chosen with the keys alone, and the address shows the same to somebody else', async () => {
    const waiting = (names) =>
      [...server.hospital.topics.get('census').values()].filter(({ dims }) => names.includes(dims.department)).reduce((sum, { values }) => sum + values.waiting, 0);
    const { page, context } = await open();
    await settled(page);
    await page.locator('#departments summary').focus();
    await page.keyboard.press('Enter');
    for (const name of ['Emergency', 'Surgery']) {
      await page.getByRole('checkbox', { name }).focus();
      await page.keyboard.press('Space');
    }
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#departments').getAttribute('open'), null);
    await untilText(page, '#tile-waiting', formatCount(waiting(['Emergency', 'Surgery'])));
    assert.equal(addressOf(page), '?department=Emergency&department=Surgery');
    const other = await open(addressOf(page));
    await untilText(other.page, '#tile-waiting', formatCount(waiting(['Emergency', 'Surgery'])));
    assert.deepEqual(await other.page.locator('.census tbody th').allTextContents(), ['Emergency', 'Surgery']);
    await other.context.close();
    await context.close();
  });

  test('the wall is left with Escape, and a page is reached past the navigation', async () => {
    const { page, context } = await open('?wall=1');
    await page.waitForSelector(':root[data-wall]');
    await page.keyboard.press('Escape');
    await page.waitForSelector(':root:not([data-wall])');
    assert.equal(addressOf(page), '');
    await page.reload();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await context.close();
  });

  test('behind every chart there is its table, and behind every table its file', async () => {
    const { page, complaints, context } = await open('?page=executive&range=7d');
    for (const one of kPages.filter(({ id }) => id !== 'live')) {
      await visit(page, one);
      await settled(page);
      for (const panel of await page.locator(`#page-${one.id} > .panel[id]`).all()) {
        const name = await panel.getAttribute('id');
        const isChart = (await panel.locator('.chart').count()) > 0;
        if (isChart) await panel.getByRole('button', { name: 'Table' }).click();
        const [download] = await Promise.all([page.waitForEvent('download'), panel.getByRole('button', { name: 'CSV' }).click()]);
        const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n');
        assert.equal(lines[0].replace(/"[^"]*"/g, '').split(',').length, await panel.locator('thead th').count(), name);
        assert.equal(lines.length - 1, await panel.locator('tbody tr').count(), name);
        assert.ok(lines.length > 1, name);
        if (isChart) await panel.getByRole('button', { name: 'Table' }).click();
      }
    }
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('on paper every page is dark on white, without what cannot be pressed there', async () => {
    const { page, context } = await open('', { theme: 'dark', size: { width: 794, height: 1123 } });
    for (const one of kPages) {
      const { id } = one;
      await visit(page, one);
      await settled(page);
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
      assert.equal(await page.locator('.tools:visible, .bar-of-pages:visible, #theme:visible').count(), 0);
      assert.equal(await page.evaluate(() => getComputedStyle(document.body).color), 'rgb(20, 32, 43)');
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 794, id);
      for (const chart of await page.locator('.chart:visible').all()) {
        assert.ok((await chart.boundingBox()).height > 100, id);
        const layers = await chart.locator('canvas').evaluateAll((list) => list.map((layer) => JSON.stringify(layer.getBoundingClientRect())));
        assert.equal(new Set(layers).size, 1, id);
      }
      await screenshot(page, `print-${id}`, { fullPage: true });
      await page.evaluate(() => dispatchEvent(new Event('afterprint')));
      await page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
      await page.waitForSelector(':root[data-theme="dark"]');
    }
    await context.close();
  });
});
