// Numbers that change after their window has closed: a mark on every page that shows closed windows, in tiles, in tables and in
// charts, with before and after for who asks; and what is left of that after the page is loaded anew.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import axe from 'axe-core';
import { formatCount, formatMoney } from '../../web/dashboard/assets/format.mjs';
import { cellId } from '../../web/dashboard/assets/model/explain.mjs';
import { findings, screenshot, settled } from './browser.mjs';
import { dayWindow } from './fake_hospital.mjs';
import { Stage, kPatience } from './stage.mjs';

const kDayMs = 86_400_000;
const kHourMs = 3_600_000;
const stage = new Stage();

const yesterday = (hospital) => dayWindow(hospital.nowMs - kDayMs).start;
const shortDay = (start) => new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(Date.parse(start));

/** Some cell with other values, as the server would send it after a late record. */
function restate(hospital, topic, isOne, change) {
  const cell = [...hospital.topics.get(topic).values()].find(isOne);
  hospital.restated.set(cellId(cell), { before: cell.values });
  hospital.nowMs += 1; // answers from before do not hold it
  hospital.put(topic, cell, { ...cell.values, ...change(cell.values) }, hospital.nowMs, cell.status);
  return cell;
}

/** id: {query, panel, change(hospital) -> {row, column, before, after}}; `prepare` comes before the page is opened. */
const kPages = {
  live: {
    query: '',
    panel: '.arrivals',
    isOne: (hospital) => ({ dims, window }) => dims.department === 'Surgery' && Date.parse(window.end) > hospital.nowMs - kHourMs,
    prepare(hospital) {
      const cell = [...hospital.topics.get('department:1m').values()].find(this.isOne(hospital));
      hospital.put('department:1m', cell, cell.values);
    },
    change(hospital) {
      const { window, values } = restate(hospital, 'department:1m', this.isOne(hospital), ({ checkins }) => ({ checkins: checkins + 3 }));
      return { row: window.start.slice(11, 16), column: 'Surgery', before: formatCount(values.checkins), after: formatCount(values.checkins + 3) };
    },
  },
  executive: {
    query: '&range=7d',
    panel: '#executive-visits',
    change(hospital) {
      const { window, values } = restate(hospital, 'hospital:1d', ({ window: { start } }) => start === yesterday(hospital), ({ checkins }) => ({ checkins: checkins + 5 }));
      const visits = values.checkins + values.no_show;
      return { row: window.start.slice(0, 10), column: 'Visits', before: formatCount(visits), after: formatCount(visits + 5) };
    },
  },
  departments: {
    query: '&range=7d',
    panel: '#departments-compare',
    change(hospital) {
      const isOne = ({ dims, window: { start } }) => dims.department === 'Surgery' && start.startsWith(yesterday(hospital).slice(0, 10));
      const inRange = [...hospital.topics.get('department:1d').values()].filter(({ dims, window }) => dims.department === 'Surgery' && Date.parse(window.start) > hospital.nowMs - 7 * kDayMs);
      const before = inRange.reduce((sum, { values }) => sum + values.left, 0);
      for (const topic of ['department:1h', 'department:1d']) restate(hospital, topic, isOne, ({ left }) => ({ left: left + 4 }));
      return { row: 'Surgery', column: 'Left', before: formatCount(before), after: formatCount(before + 4) };
    },
  },
  finance: {
    query: '&range=7d',
    panel: '#finance-trend',
    isOne: (hospital) => ({ dims, window }) => dims.department === 'Surgery' && window.start === yesterday(hospital),
    // A bill is paid weeks later: only a day that is final is not expected to change.
    prepare(hospital) {
      const cell = [...hospital.topics.get('finance:1d').values()].find(this.isOne(hospital));
      hospital.put('finance:1d', cell, cell.values, hospital.nowMs, 'final');
    },
    change(hospital) {
      const of = ({ dims, window }) => dims.department && window.start === yesterday(hospital);
      const billed = [...hospital.topics.get('finance:1d').values()].filter(of).reduce((sum, { values }) => sum + values.billed_cents, 0);
      const { window } = restate(hospital, 'finance:1d', this.isOne(hospital), (values) => ({ billed_cents: values.billed_cents + 100_00 }));
      return { row: window.start.slice(0, 10), column: 'Billed', before: formatMoney(billed), after: formatMoney(billed + 100_00) };
    },
  },
  patients: {
    query: '&range=7d',
    panel: '#patients-new',
    change(hospital) {
      const { window, values } = restate(hospital, 'hospital:1d', ({ window: { start } }) => start === yesterday(hospital), (held) => ({ new_patients: held.new_patients + 2 }));
      return { row: window.start.slice(0, 10), column: 'New', before: formatCount(values.new_patients), after: formatCount(values.new_patients + 2) };
    },
  },
  review: {
    query: '&range=7d',
    panel: '#review-days',
    isOne: (hospital) => ({ dims, window }) => dims.funnel === 'review' && window.start === yesterday(hospital),
    prepare(hospital) {
      const cell = [...hospital.topics.get('funnel:1d').values()].find(this.isOne(hospital));
      hospital.put('funnel:1d', cell, cell.values, hospital.nowMs, 'final');
    },
    change(hospital) {
      const { window, values } = restate(hospital, 'funnel:1d', this.isOne(hospital), ({ entered, converted }) => ({ entered: entered + 1, converted: converted + 1 }));
      return { row: window.start.slice(0, 10), column: 'Uploads', before: formatCount(values.entered), after: formatCount(values.entered + 1) };
    },
  },
  quality: {
    query: '&range=7d',
    panel: '#quality-trend',
    change(hospital) {
      const of = ({ window }) => window.start === yesterday(hospital);
      const failed = [...hospital.topics.get('quality:1d').values()].filter(of).reduce((sum, { values }) => sum + values.failed, 0);
      const { window } = restate(hospital, 'quality:1d', of, (values) => ({ failed: values.failed + 17 }));
      return { row: window.start.slice(0, 10), column: 'Failed', before: formatCount(failed), after: formatCount(failed + 17) };
    },
  },
  public: {
    query: '',
    panel: '#public-day',
    change(hospital) {
      const band = (count) => `at least ${formatCount(Math.floor(count / 11) * 11)}`;
      const { values } = restate(hospital, 'department:1d', ({ dims, window }) => dims.department === 'Surgery' && window.start === yesterday(hospital), (held) => ({ distinct_patients: held.distinct_patients + 22 }));
      return { row: 'Surgery', column: 'Patients', before: band(values.distinct_patients), after: band(values.distinct_patients + 22) };
    },
  },
};

const marksOn = (page, id) => page.locator(`#page-${id} .panel .tools .restated:visible`);

/** The rows of the sheet that a panel's mark opens. */
async function openMark(page, panel) {
  await page.locator(`${panel} .tools .restated`).click();
  const rows = await page.locator('dialog.explain tbody tr').evaluateAll((list) => list.map((row) => [...row.children].map((cell) => cell.textContent)));
  return rows.map(([row, column, before, after]) => ({ row, column, before, after }));
}

describe('restated numbers', { concurrency: 3 }, () => {
  for (const [id, given] of Object.entries(kPages)) {
    test(`${id}: a mark, before and after, in the table behind it, and none after loading anew`, async () => {
      const server = await stage.serve();
      const { hospital } = server;
      given.prepare?.(hospital);
      const { page, complaints, context } = await stage.open(server, `?page=${id}${given.query}`);
      await page.evaluate(axe.source);
      await settled(page);
      const mark = page.locator(`${given.panel} .tools .restated`);
      assert.equal(await marksOn(page, id).count(), 0, 'nothing is marked before anything has changed');
      const expected = given.change(hospital);
      server.publish();
      await mark.waitFor(kPatience);
      assert.deepEqual((await openMark(page, given.panel)).find(({ row, column }) => row === expected.row && column === expected.column), expected);
      assert.deepEqual(await findings(page), []);
      await page.keyboard.press('Escape');
      assert.ok(await mark.evaluate((node) => node === document.activeElement), 'the focus returns to the mark');
      await settled(page);
      await screenshot(page, `restated-${id}`, { fullPage: true });
      const toTable = page.locator(given.panel).getByRole('button', { name: 'Table' });
      if ((await toTable.count()) > 0) await toTable.click();
      const cell = page.locator(`${given.panel} td[data-restated]`, { hasText: expected.after }).first();
      assert.equal(await cell.getAttribute('title'), `restated, was ${expected.before}`);
      await page.reload();
      await settled(page);
      assert.equal(await marksOn(page, id).count(), 0, 'a page that was just opened has seen no change');
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }

  test('a tile says what it was; a share of restated counts is restated, too; after loading anew the server is asked', async () => {
    const server = await stage.serve();
    const { page, complaints, context } = await stage.open(server, '?page=quality&range=7d');
    await settled(page);
    const before = { failed: await page.locator('#tile-quality_failed').textContent(), pass: await page.locator('#tile-quality_pass').textContent() };
    const { hospital } = server;
    const changed = restate(hospital, 'quality:1d', ({ window }) => window.start === yesterday(hospital), ({ failed }) => ({ failed: failed + 900 }));
    server.publish();
    for (const name of ['failed', 'pass']) {
      const mark = page.locator('.tile', { has: page.locator(`#tile-quality_${name}`) }).locator('.restated');
      await mark.waitFor(kPatience);
      assert.equal(await mark.textContent(), `Restated, was ${before[name]}`);
    }
    const sheet = page.locator('dialog.explain');
    await page.locator('#tile-quality_failed').click();
    assert.match(await sheet.innerText(), new RegExp(`Restated: it was ${before.failed} before that, since this page was opened`));
    assert.match(await sheet.locator('.sources').innerText(), /closed, restated/);
    await screenshot(page, 'restated');
    await page.reload();
    await settled(page);
    assert.equal(await page.locator('.tile .restated:visible').count(), 0);
    await page.locator('#tile-quality_failed').click();
    const name = ['quality', ...Object.values(changed.dims), shortDay(changed.window.start)].join(' · ');
    await sheet.getByRole('button', { name: `Explain ${name}`, exact: true }).click();
    await sheet.locator('.answer .restated').waitFor(kPatience);
    assert.match(await sheet.locator('.answer').innerText(), new RegExp(`failed\\s+${changed.values.failed} → ${formatCount(changed.values.failed + 900)}`));
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('what is again as it was is not restated, and money that is paid later is no restatement', async () => {
    const server = await stage.serve();
    const { hospital } = server;
    const { page, complaints, context } = await stage.open(server, '?page=quality&range=7d');
    await settled(page);
    const isOne = ({ window }) => window.start === yesterday(hospital);
    const { values } = restate(hospital, 'quality:1d', isOne, ({ failed }) => ({ failed: failed + 40 }));
    server.publish();
    await page.locator('#quality-trend .tools .restated').waitFor(kPatience);
    restate(hospital, 'quality:1d', isOne, () => values);
    server.publish();
    await page.locator('#quality-trend .tools .restated').waitFor({ state: 'hidden', ...kPatience });
    await page.locator('#nav').getByRole('link', { name: 'Finance', exact: true }).click();
    await settled(page);
    const rate = await page.locator('#tile-payment_rate').textContent();
    restate(hospital, 'finance:1d', ({ dims, window, status }) => dims.department && status === 'closed' && window.start === yesterday(hospital), ({ paid_bills: paid, pending_bills: pending }) => ({ paid_bills: paid + pending, pending_bills: 0 }));
    await page.waitForFunction((old) => document.querySelector('#tile-payment_rate').textContent !== old, rate, kPatience);
    assert.equal(await page.locator('#page-finance .restated:visible').count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });
});
