// The page against the fake server, in Chromium: what it shows, and what it says when something is missing.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { kSizes, openPage, screenshot } from './browser.mjs';
import { FakeHospital, kDepartments } from './fake_hospital.mjs';
import { kKey } from './fake_server.mjs';
import { Stage, untilState, untilText } from './stage.mjs';

/** In kB, compressed: what the first page needs, and everything with the charts' library. */
const kBudget = { first: 90, all: 480 };
const stage = new Stage();

const textOf = (page, selector) => page.locator(selector).textContent();
const grouped = (number) => number.toLocaleString('en');
const censusSum = (hospital, place) =>
  [...hospital.topics.get('census').values()].reduce((sum, { values }) => sum + values[place], 0);

describe('the page Live', { concurrency: 3 }, () => {
  test('numbers are those of the cells, and follow them', async () => {
    const server = await stage.serve();
    const { page, complaints, context } = await stage.open(server);
    const { hospital } = server;
    const agrees = async () => {
      await untilText(page, '#tile-waiting', grouped(censusSum(hospital, 'waiting')));
      const { today } = hospital;
      await untilText(page, '#tile-arrivals_today', grouped(today.values.checkins));
      for (const place of ['in_care', 'boarding', 'admitted'])
        assert.equal(await textOf(page, `#tile-${place}`), grouped(censusSum(hospital, place)));
      for (const { dims, values } of hospital.topics.get('census').values()) {
        const row = page.locator('.census tbody tr', { has: page.locator(`button:text-is("${dims.department}")`) });
        assert.equal(await row.locator('[data-value="waiting"]').textContent(), grouped(values.waiting));
        assert.equal(await row.locator('[data-value="admitted"]').textContent(), grouped(values.admitted));
      }
      const ofToday = ({ dims, window }) => dims.funnel === 'emergency' && window.start === today.window.start;
      const { values: funnel } = [...hospital.topics.get('funnel:1d').values()].find(ofToday);
      const reached = await page.locator('.steps [data-value="reached"]').allTextContents();
      assert.deepEqual(reached, funnel.reached.map(grouped));
      assert.equal(await textOf(page, '.fates [data-id="open"] .count'), grouped(funnel.open));
      assert.equal(await textOf(page, '.fates [data-id="timed_out"] .count'), grouped(funnel.timed_out));
      const left = await page.locator('.fates [data-id="visit.left:lwbs"] .count').allTextContents();
      const { 'visit.left:lwbs': lwbs } = funnel.exited; // after midnight nobody has
      assert.deepEqual(left, lwbs > 0 ? [grouped(lwbs)] : []);
    };
    await agrees();
    for (let i = 0; i < 5; i += 1) hospital.step();
    server.publish();
    await agrees();
    assert.deepEqual(complaints, []);
    await context.close();
    await stage.stop(server);
  });

  test('what is loaded before the first numbers, and in all, stays within its budget', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server);
    const loaded = () => page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname));
    const kilobytes = (names) => {
      const files = names.map((name) => path.join(stage.folder, name === '/' ? 'index.html' : name)).filter((file) => existsSync(`${file}.gz`));
      return files.reduce((sum, file) => sum + statSync(`${file}.gz`).size, 0) / 1000;
    };
    await page.waitForSelector('#arrivals-chart canvas');
    await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/pages/public.mjs')));
    const names = [...new Set(['/', ...(await loaded())])];
    const before = kilobytes(names.filter((name) => !name.includes('/vendor/') && !/pages\/(?!live)/.test(name)));
    assert.ok(before > 20 && before < kBudget.first, `${before} kB before the first numbers`);
    const all = kilobytes(names);
    assert.ok(all > before && all < kBudget.all, `${all} kB in all`);
    await context.close();
    await stage.stop(server);
  });

  test('a lost delta is noticed and mended', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server);
    await untilText(page, '#tile-waiting', grouped(censusSum(server.hospital, 'waiting')));
    server.hospital.step();
    server.publish({ isLost: true });
    const { today } = server.hospital;
    await untilText(page, '#tile-arrivals_today', grouped(today.values.checkins));
    assert.ok(server.received.some(({ op, topics }) => op === 'snapshot' && topics.includes('hospital:1d')));
    await context.close();
    await stage.stop(server);
  });

  test('the key leaves the address, and is not needed again while the session lasts', async () => {
    const server = await stage.serve();
    const { page, complaints, context } = await stage.open(server);
    await untilState(page, 'live');
    assert.equal(new URL(page.url()).hash, '');
    await page.reload();
    await untilState(page, 'live');
    assert.deepEqual(await page.evaluate(() => Object.keys({ ...localStorage, ...sessionStorage })), []);
    assert.deepEqual(complaints, []);
    await context.close();
    await stage.stop(server);
  });

  test('without a session the page asks for a key, says when it is not good, and opens with a good one', async () => {
    const server = await stage.serve();
    const { page, context } = await openPage(stage.browser, server.url);
    await page.waitForSelector('#key-form:not([hidden])');
    assert.equal(await textOf(page, '#key-error'), '');
    await untilState(page, 'locked');
    await screenshot(page, 'key-form');
    await page.keyboard.type('wp_read_wrong');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => /not valid/.test(document.querySelector('#key-error').textContent));
    await page.fill('#key', kKey);
    await page.keyboard.press('Enter');
    await untilState(page, 'live');
    assert.ok(await page.locator('#key-form').isHidden());
    await context.close();
    await stage.stop(server);
  });

  test('old numbers are stale, with their age, and stay readable', async () => {
    const server = await stage.serve(new FakeHospital({ nowMs: Date.now() - 200_000 }));
    const { page, complaints, context } = await stage.open(server);
    await untilState(page, 'stale');
    assert.match(await textOf(page, '#status-text'), /^Stale · 3 min \d\d s old$/);
    await page.waitForFunction(() => /not fresh/.test(document.querySelector('#notice').textContent));
    assert.equal(await textOf(page, '#tile-waiting'), grouped(censusSum(server.hospital, 'waiting')));
    await screenshot(page, 'stale');
    assert.deepEqual(complaints, []);
    await context.close();
    await stage.stop(server);
  });

  test('silence is stale, and noise is live again', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server);
    await untilState(page, 'live');
    server.isSilent = true;
    await untilState(page, 'stale');
    server.isSilent = false;
    await untilState(page, 'live');
    await context.close();
    await stage.stop(server);
  });

  test('a server that dies and comes back: reconnecting, numbers kept, then its new numbers', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server);
    const waiting = grouped(censusSum(server.hospital, 'waiting'));
    await untilText(page, '#tile-waiting', waiting);
    await stage.stop(server);
    await untilState(page, 'reconnecting');
    assert.equal(await textOf(page, '#tile-waiting'), waiting);
    await screenshot(page, 'reconnecting');
    const hospital = new FakeHospital({ seed: 2 });
    const next = await stage.serve(hospital, server.port);
    await untilState(page, 'live');
    await untilText(page, '#tile-waiting', grouped(censusSum(hospital, 'waiting')));
    await context.close();
    await stage.stop(next);
  });

  test('a session that ends is renewed with the key in memory, and asked for when the key is revoked', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server);
    await untilState(page, 'live');
    server.endSessions();
    server.dropConnections();
    await untilState(page, 'reconnecting');
    await untilState(page, 'live');
    server.keyIsGood = false;
    server.endSessions();
    server.dropConnections();
    await page.waitForSelector('#key-form:not([hidden])');
    await context.close();
    await stage.stop(server);
  });

  test('the theme follows the system, can be changed, and is remembered', async () => {
    const server = await stage.serve();
    const { page, complaints, context } = await stage.open(server, '', { theme: 'dark' });
    const untilTheme = (theme) => page.waitForSelector(`:root[data-theme="${theme}"]`);
    await untilState(page, 'live');
    await untilTheme('dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await untilTheme('light');
    await page.click('#theme');
    await untilTheme('dark');
    await page.reload();
    await untilState(page, 'live');
    await untilTheme('dark');
    assert.deepEqual(complaints, []);
    await context.close();
    await stage.stop(server);
  });

  test('the table behind the chart holds the cells, and its CSV too', async () => {
    const server = await stage.serve();
    const { page, complaints, context } = await stage.open(server);
    await page.waitForSelector('#arrivals-chart canvas');
    await page.hover('#arrivals-chart'); // the tooltip keeps to the policy
    await page.locator('#arrivals-tools').getByRole('button', { name: 'Table' }).click();
    const minute = await page.locator('#arrivals-table tbody th').first().textContent();
    const head = await page.locator('#arrivals-table thead th').allTextContents();
    const row = await page.locator('#arrivals-table tbody tr').first().locator('td').allTextContents();
    for (const cell of server.hospital.topics.get('department:1m').values()) {
      if (cell.window.start.slice(11, 16) !== minute) continue;
      assert.equal(row[head.indexOf(cell.dims.department) - 1], grouped(cell.values.checkins), cell.dims.department);
    }
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#arrivals-tools').getByRole('button', { name: 'CSV' }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n');
    assert.equal(lines.length, 181);
    assert.deepEqual(lines[0].split(','), ['minute_start_utc', ...head.slice(1)]);
    assert.deepEqual(lines[1].split(',').slice(1), row);
    assert.deepEqual(complaints, []);
    await context.close();
    await stage.stop(server);
  });

  test('everything that can be operated is reached with the keyboard', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server);
    await page.waitForSelector('#arrivals-chart canvas');
    const reached = new Set();
    for (let i = 0; i < 60; i += 1) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate(() => document.activeElement.textContent));
    }
    for (const button of await page.locator('button:visible').allTextContents()) assert.ok(reached.has(button), button);
    await page.locator('.legend-item').first().focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('.legend-item').first().getAttribute('aria-pressed'), 'false');
    await context.close();
    await stage.stop(server);
  });

  test('nothing operable is smaller than 24 px, and nothing is wider than a phone', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server, '', { size: kSizes.phone });
    await page.waitForSelector('#arrivals-chart canvas');
    for (const button of await page.locator('button:visible').all()) {
      const { width, height } = await button.boundingBox();
      assert.ok(width >= 24 && height >= 24, `${await button.textContent()}: ${width} x ${height}`);
    }
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), kSizes.phone.width);
    const census = page.locator('#census');
    assert.ok(await census.evaluate((node) => node.scrollWidth <= node.clientWidth), 'the census fits');
    await context.close();
    await stage.stop(server);
  });

  const kManyDepartments = [...kDepartments, ...Array.from({ length: 13 }, (_, i) => `Ward ${i + 1}`)];
  for (const departments of [kDepartments, kManyDepartments]) {
    test(`on the wall ${departments.length} departments are on one screen and nothing is to be operated`, async () => {
      const server = await stage.serve(new FakeHospital({ departments }));
      const { page, complaints, context } = await stage.open(server, '?wall=1');
      await page.waitForSelector('#arrivals-chart canvas');
      await screenshot(page, `wall-${departments.length}`);
      assert.equal(await page.locator('.tools:visible, .bar-of-pages:visible, #theme:visible').count(), 0);
      for (const panel of await page.locator('#page-live > section').all()) {
        const { y, height } = await panel.boundingBox();
        assert.ok(y + height <= kSizes.wide.height, await panel.getAttribute('class'));
        assert.ok(
          await panel.evaluate((node) => node.scrollHeight <= node.clientHeight + 1),
          await panel.getAttribute('class'),
        );
      }
      assert.deepEqual(complaints, []);
      await context.close();
      await stage.stop(server);
    });
  }
});
