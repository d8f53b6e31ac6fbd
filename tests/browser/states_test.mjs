// What every page says when its numbers are not plainly there: loading, none, stale, cut off, of another
// generation; and how a number came about.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import axe from 'axe-core';
import { formatCount } from '../../web/dashboard/assets/format.mjs';
import { kPages } from '../../web/dashboard/assets/router.mjs';
import { findings, screenshot, settled } from './browser.mjs';
import { FakeHospital } from './fake_hospital.mjs';
import { Stage, kPatience, untilState, untilText, visit } from './stage.mjs';

/** A zero that is not part of another number or word. */
const kLoneZero = /(?<![\w.])0(?![\w.])/g;
const kStaff = kPages.filter(({ isPublic }) => !isPublic);
const stage = new Stage();

/** Goes from page to page by its links. */
async function visitAll(page, pages, look) {
  for (const one of pages) {
    await visit(page, one);
    await look(one.id);
  }
}

const sum = (hospital, topic, pick) => [...hospital.topics.get(topic).values()].reduce((total, { values }) => total + pick(values), 0);

describe('honest states', { concurrency: 3 }, () => {
  test('while nothing has come every page is loading, and shows no zero', async () => {
    const server = await stage.serve();
    server.isSilent = true;
    const { page, context } = await stage.open(server);
    await visitAll(page, kPages, async (id) => {
      await page.waitForFunction((where) => /loading/i.test(document.querySelector(where).innerText), `#page-${id}`, kPatience);
      const shown = await page.locator(`#page-${id}`).innerText();
      assert.deepEqual(shown.match(kLoneZero), null, shown);
    });
    await context.close();
  });

  test('where there is no data every page says so in words, and shows no zero', async () => {
    const server = await stage.serve(new FakeHospital({ minutes: 0 }));
    const { page, complaints, context } = await stage.open(server);
    await untilText(page, '#as-of-day', 'no data yet');
    await visitAll(page, kPages, async (id) => {
      await page.waitForFunction((where) => /\b(no|nobody|nothing)\b/.test(document.querySelector(where).innerText), `#page-${id}`, kPatience);
      const shown = await page.locator(`#page-${id}`).innerText();
      assert.deepEqual(shown.match(kLoneZero), null, `${id}: ${shown}`);
      await screenshot(page, `no-data-${id}`);
    });
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('old numbers are stale on every page, with their age, and stay readable', async () => {
    const server = await stage.serve(new FakeHospital({ nowMs: Date.now() - 200_000 }));
    const { page, complaints, context } = await stage.open(server);
    await untilState(page, 'stale');
    await visitAll(page, kStaff, async (id) => {
      await settled(page);
      assert.match(await page.locator('#status-text').textContent(), /^Stale · \d+ min \d\d s old$/);
      await page.waitForFunction((where) => document.querySelector(where).innerText.length > 200, `#page-${id}`, kPatience);
    });
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a server that dies under any page and comes back: reconnecting, numbers kept, then its new ones', async () => {
    const server = await stage.serve();
    const { page, context } = await stage.open(server);
    await visitAll(page, kStaff, () => settled(page));
    const before = await page.locator('#tile-system_consumed').textContent();
    await stage.stop(server);
    await untilState(page, 'reconnecting');
    assert.equal(await page.locator('#tile-system_consumed').textContent(), before);
    await visitAll(page, kStaff, async (id) => {
      const shown = await page.locator(`#page-${id}`).innerText();
      assert.ok(shown.length > 200 && !/loading/.test(shown), `${id}: ${shown}`);
    });
    const hospital = new FakeHospital({ seed: 2 });
    for (let i = 0; i < 50; i += 1) hospital.step(1);
    await stage.serve(hospital, server.port);
    await untilState(page, 'live');
    await untilText(page, '#tile-system_consumed', formatCount(sum(hospital, 'task', ({ consumed }) => consumed)));
    await context.close();
  });

  test('another generation takes the place of the one that is watched, on every page', async () => {
    const server = await stage.serve();
    const { page, complaints, context } = await stage.open(server, '?page=system');
    const first = { tile: '#tile-system_consumed', topic: 'task', pick: ({ consumed }) => consumed };
    await untilText(page, first.tile, formatCount(sum(server.hospital, first.topic, first.pick)));
    const hospital = new FakeHospital({ seed: 3 });
    for (let i = 0; i < 50; i += 1) hospital.step(1);
    server.promote(hospital, 'rebuilt');
    await untilText(page, first.tile, formatCount(sum(hospital, first.topic, first.pick)));
    await page.waitForFunction(() => /Generation served\s+rebuilt/.test(document.querySelector('#system-serving').innerText), undefined, kPatience);
    const census = () => sum(server.hospital, 'census', ({ waiting }) => waiting);
    const patients = () => sum(server.hospital, 'patients', (values) => values.patients);
    await visitAll(page, [kPages[0]], () => untilText(page, '#tile-waiting', formatCount(census())));
    await visitAll(page, kPages.filter(({ id }) => id === 'patients'), () => untilText(page, '#tile-patients', formatCount(patients())));
    await visitAll(page, kPages.filter(({ id }) => id === 'executive'), async () => {
      const visits = sum(hospital, 'hospital:1d', ({ checkins }) => checkins);
      assert.ok(visits > 0);
      await page.waitForSelector('#tile-total_visits[data-kind="value"]', kPatience);
    });
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a number explains itself: definition, window, rows, what the server says; Escape goes back to it', async () => {
    const server = await stage.serve();
    const { page, complaints, context } = await stage.open(server);
    await page.evaluate(axe.source);
    const sheet = page.locator('dialog.explain');
    await visitAll(page, kStaff.filter(({ id }) => id !== 'departments'), async (id) => {
      await settled(page);
      const number = page.locator(`#page-${id} .tile .number`).nth(2);
      const shown = await number.textContent();
      await number.focus();
      await page.keyboard.press('Enter');
      assert.equal(await sheet.locator('.explained').textContent(), shown, id);
      assert.ok((await sheet.locator('.definition').textContent()).length > 20, id);
      await page.keyboard.press('Escape');
      assert.equal(await sheet.isVisible(), false);
      assert.equal(await number.evaluate((node) => node === document.activeElement), true, `${id}: the focus returns`);
    });
    await page.goto(`${server.url}/`);
    await page.evaluate(axe.source);
    await settled(page);
    await page.locator('#tile-waiting').click();
    await sheet.locator('.answer h3').first().waitFor(kPatience);
    const parts = await sheet.locator('.sources .count').allTextContents();
    const { hospital } = server;
    assert.equal(parts.reduce((total, part) => total + Number(part), 0), sum(hospital, 'census', ({ waiting }) => waiting));
    assert.match(await sheet.innerText(), /As of\s+\d\d:\d\d:\d\d/);
    assert.match(await sheet.locator('.answer').innerText(), /who is there, as of the watermark; from checkins, encounters\. Generation live\./);
    assert.deepEqual(await findings(page), []);
    await screenshot(page, 'explain');
    await page.keyboard.press('Escape');
    await page.locator('#tile-arrivals_today').click();
    assert.match(await sheet.innerText(), /Window\s+00:00:00, .* to 00:00:00/);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Cardiology. Explain' }).click();
    assert.equal(await sheet.locator('h2').textContent(), 'Waiting: Cardiology');
    assert.deepEqual(complaints, []);
    await context.close();
  });
});
