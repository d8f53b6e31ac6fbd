// The pages beside "Live": their numbers are those that the API gives, and follow it without anybody doing anything.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatCount, formatDecimal, formatMinutes, formatMinutesShort, formatMoneyShort, formatRatio } from '../../web/dashboard/assets/format.mjs';
import { cellKey } from '../../web/dashboard/assets/state.mjs';
import { ruleWords } from '../../web/dashboard/assets/words.mjs';
import { kUnread } from './fake_api.mjs';
import { dayWindow } from './fake_hospital.mjs';
import { addValues, distribution } from './fake_numbers.mjs';
import { Stage, untilState } from './stage.mjs';

const kDayMs = 86_400_000;
const kPatienceMs = 30_000;
const stage = new Stage();

const sum = (list, pick) => list.reduce((total, one) => total + pick(one), 0);
const sumOf = (cells, name) => sum(cells, ({ values }) => values[name] ?? 0);
const within = (from) => ({ window }) => Date.parse(window.start) >= from;

class View {
  constructor(page, server) {
    Object.assign(this, { page, server });
  }

  /** An answer of the API, asked for as the page does. */
  async get(address) {
    const { status, body } = await this.page.evaluate(async (url) => {
      const response = await fetch(url);
      return { status: response.status, body: await response.json() };
    }, address);
    assert.equal(status, 200, address);
    return body;
  }

  async cells(query) {
    return (await this.get(`/api/v1/cells?limit=10000&${query}`)).cells;
  }

  tile(id) {
    return this.page.locator(`#tile-${id}`).textContent();
  }

  /** The rows of a panel's table, as texts. */
  rows(panel) {
    return this.page.locator(`#${panel} tbody tr`).evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
  }

  /** Some cell of a topic with other values. */
  change(topic, isOne, add) {
    const { hospital } = this.server;
    const cell = [...hospital.topics.get(topic).values()].find(isOne);
    hospital.put(topic, cell, { ...cell.values, ...add(cell.values) });
  }
}

async function untilAgrees(check) {
  const end = Date.now() + kPatienceMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end || !(error instanceof assert.AssertionError)) throw error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}

const today = (hospital) => ({ window }) => window.start === dayWindow(hospital.nowMs).start;
const kRange = '&range=7d';
const startOfRange = ({ hospital }) => Date.parse(dayWindow(hospital.nowMs).start) - 6 * kDayMs;
const kPages = {
  executive: {
    query: kRange,
    async agrees(view) {
      const from = new Date(startOfRange(view.server)).toISOString().slice(0, 10);
      const { rows } = await view.get(`/api/v1/marts/daily-kpis?from=${from}&to=9999-01-01`);
      const paid = sum(rows, (row) => row.paid_bills);
      assert.equal(await view.tile('total_visits'), formatCount(sum(rows, (row) => row.total_visits)));
      assert.equal(await view.tile('total_admissions'), formatCount(sum(rows, (row) => row.total_admissions)));
      assert.equal(await view.tile('new_patients'), formatCount(sum(rows, (row) => row.new_patients)));
      assert.equal(await view.tile('revenue'), formatMoneyShort(sum(rows, (row) => Math.round(100 * row.total_revenue))));
      assert.equal(await view.tile('payment_rate'), formatRatio(paid / (paid + sum(rows, (row) => row.pending_bills))));
      assert.deepEqual(
        (await view.rows('executive-visits')).map((row) => row.slice(0, 3)),
        rows.map((row) => [row.date, formatCount(row.total_visits), formatCount(row.completed_visits)]),
      );
    },
    tables: ['executive-visits'],
    change: ({ server }) => server.hospital.step(),
  },
  departments: {
    query: kRange,
    async agrees(view) {
      const cells = await view.cells(`family=department&window=1d&merge=time&histogram=1&from=${new Date(startOfRange(view.server)).toISOString()}`);
      const rows = new Map((await view.rows('departments-compare')).map((row) => [row[0], row]));
      assert.equal(rows.size, cells.length);
      for (const { dims, values } of cells) {
        const { wait_minutes: wait } = values;
        const over = sum(wait.minutes.filter(([minute]) => minute > 60), ([, count]) => count) / wait.n;
        const expected = [...['checkins', 'completed', 'left', 'no_show', 'admissions'].map((name) => formatCount(values[name])), formatMinutesShort(wait.p50), formatMinutesShort(wait.p90), formatRatio(over)];
        assert.deepEqual(rows.get(dims.department).slice(1, 9), expected);
      }
      const types = new Map((await view.rows('departments-types')).map((row) => [row[0], row[1]]));
      for (const { dims, values } of cells) assert.equal(types.get(dims.department), formatCount(values.by_visit_type.Emergency));
    },
    tables: ['departments-types'],
    change: ({ server }) => server.hospital.step(),
  },
  finance: {
    query: kRange,
    async agrees(view) {
      const cells = await view.cells(`family=finance&window=1d&from=${new Date(startOfRange(view.server)).toISOString()}`);
      const departments = cells.filter(({ dims }) => dims.department);
      for (const name of ['billed_cents', 'insurance_cents', 'patient_cents', 'paid_cents']) assert.equal(await view.tile(name), formatMoneyShort(sumOf(departments, name)));
      for (const name of ['paid_bills', 'pending_bills']) assert.equal(await view.tile(name), formatCount(sumOf(departments, name)));
      const payers = new Map((await view.rows('finance-payers')).map((row) => [row[0], row]));
      for (const [name, row] of payers) {
        const own = cells.filter(({ dims }) => dims.payer === name);
        assert.equal(row[3], formatCount(sumOf(own, 'claims')));
        assert.equal(row[5], formatRatio(sumOf(own, 'covered_cents') / sumOf(own, 'claimed_cents')));
      }
      const treatments = await view.rows('finance-treatments');
      assert.equal(treatments.length, 10);
      assert.equal(treatments[0][1], formatMoneyShort(sumOf(cells.filter(({ dims }) => dims.treatment_code === treatments[0][0]), 'billed_cents')));
    },
    change: (view) => view.change('finance:1d', (cell) => cell.dims.department && today(view.server.hospital)(cell), ({ paid_bills: paid, billed_cents: billed }) => ({ paid_bills: paid + 7, billed_cents: billed + 99_000_00 })),
  },
  patients: {
    query: kRange,
    async agrees(view) {
      const cells = await view.cells('family=patients&histogram=1');
      const [patients, visits] = [sumOf(cells, 'patients'), sumOf(cells, 'visits')];
      assert.equal(await view.tile('patients'), formatCount(patients));
      assert.equal(await view.tile('returning'), formatCount(sumOf(cells, 'returning')));
      assert.equal(await view.tile('visits_each'), formatDecimal(Math.round((100 * visits) / patients) / 100));
      for (const [panel, dim] of [['ages', 'age_group'], ['genders', 'gender'], ['cities', 'city']]) {
        for (const [name, count, share] of await view.rows(`patients-${panel}`)) {
          const own = sumOf(cells.filter(({ dims }) => dims[dim] === name), 'patients');
          assert.deepEqual([count, share], [formatCount(own), formatRatio(own / patients)], name);
        }
      }
    },
    change: (view) => view.change('patients', () => true, ({ patients, returning }) => ({ patients: patients + 40, returning: returning + 11 })),
  },
  review: {
    query: kRange,
    async agrees(view) {
      const cells = await view.cells(`family=funnel&window=1d&funnel=review&department=all&from=${new Date(startOfRange(view.server)).toISOString()}`);
      const { entered, converted, open, exited, reached, minutes_to_step: minutes, steps } = addValues(cells.map(({ values }) => ({ ...values, minutes_to_step: null })));
      assert.equal(await view.tile('review_entered'), formatCount(entered));
      assert.equal(await view.tile('review_open'), formatCount(open));
      assert.equal(await view.tile('review_exited'), formatCount(sum(Object.values(exited), (count) => count)));
      assert.equal(await view.tile('review_success'), formatRatio(converted / (entered - open)));
      assert.deepEqual(await view.page.locator('#page-review .steps [data-value="reached"]').allTextContents(), reached.map(formatCount));
      assert.equal(minutes, null);
      const [merged] = await view.cells(`family=funnel&window=1d&funnel=review&department=all&merge=time&from=${new Date(startOfRange(view.server)).toISOString()}`);
      assert.equal(await view.tile('review_to_analysis'), formatMinutes(merged.values.minutes_to_step[steps.indexOf('analysis.completed')].p50));
    },
    change: (view) =>
      view.change('funnel:1d', (cell) => cell.dims.funnel === 'review' && today(view.server.hospital)(cell), (values) => ({
        entered: values.entered + 5,
        reached: values.reached.map((count) => count + 5),
        converted: values.converted + 5,
        minutes_to_step: values.minutes_to_step.map((one, i) => one && distribution(500, 40 * i)),
      })),
  },
  quality: {
    query: kRange,
    async agrees(view) {
      const cells = await view.cells(`family=quality&window=1d&from=${new Date(startOfRange(view.server)).toISOString()}`);
      const pass = (list) => formatRatio(1 - sumOf(list, 'failed') / sumOf(list, 'evaluated'));
      assert.equal(await view.tile('quality_evaluated'), formatCount(sumOf(cells, 'evaluated')));
      assert.equal(await view.tile('quality_failed'), formatCount(sumOf(cells, 'failed')));
      assert.equal(await view.tile('quality_pass'), pass(cells));
      const byRule = new Map((await view.rows('quality-rules')).map((row) => [row[0], row.slice(1)]));
      for (const rule of new Set(cells.map(({ dims }) => dims.rule))) {
        const own = cells.filter(({ dims }) => dims.rule === rule);
        assert.deepEqual(byRule.get(ruleWords(rule)), [formatCount(sumOf(own, 'evaluated')), formatCount(sumOf(own, 'failed')), pass(own)]);
      }
      const rejected = await view.get('/events?topic=rejected&limit=15');
      assert.deepEqual((await view.rows('quality-rejects')).map((row) => [row[1], row[3]]), rejected.records.map(({ headers }) => [headers.reason, headers.detail]));
    },
    change: (view) => view.change('quality:1d', today(view.server.hospital), ({ evaluated, failed }) => ({ evaluated: evaluated + 900, failed: failed + 123 })),
  },
  system: {
    query: '',
    async agrees(view) {
      const cells = await view.cells('family=task');
      assert.equal(await view.tile('system_consumed'), formatCount(sumOf(cells, 'consumed')));
      assert.equal(await view.tile('system_applied'), formatCount(sumOf(cells, 'applied')));
      assert.equal(await view.tile('system_held'), formatCount(sumOf(cells, 'held')));
      assert.deepEqual((await view.rows('system-partitions')).map(([id, , , records]) => [id, records]), cells.map(({ dims, values }) => [dims.partition, formatCount(values.consumed)]));
      const topics = await view.rows('system-topics');
      assert.deepEqual(topics.map(([topic]) => topic), ['billing', 'checkins', 'encounters', 'workflow']);
      for (const [topic, read, unread] of topics) {
        assert.equal(read, formatCount(sum(cells, ({ values }) => values.next_offsets[topic])));
        assert.equal(unread, formatCount(kUnread * cells.length), topic);
      }
    },
    change: ({ server }) => server.hospital.step(),
  },
  public: {
    query: '',
    async agrees(view) {
      const { departments, totals } = await view.get('/public/metrics/summary');
      const days = departments.filter(({ window }) => window.size === '1d');
      const last = days.map(({ window }) => window.start).sort().at(-1);
      const expected = days
        .filter(({ window }) => window.start === last)
        .map(({ department, patients, median_wait_minutes: wait }) => [department, typeof patients === 'number' ? `at least ${formatCount(patients)}` : patients, wait === null ? 'too few to say' : `about ${formatMinutes(wait)}`])
        .sort(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual((await view.rows('public-day')).map((row) => row.slice(0, 3)), expected);
      const byDay = totals.filter(({ window }) => window.size === '1d').map(({ window, patients_at_least: count }) => [window.start.slice(0, 10), formatCount(count)]);
      assert.deepEqual(await view.rows('public-days'), byDay.sort(([a], [b]) => (a < b ? -1 : 1)));
    },
    tables: ['public-days'],
    change(view) {
      const yesterday = dayWindow(view.server.hospital.nowMs - kDayMs).start;
      view.change('department:1d', ({ window }) => window.start === yesterday, ({ distinct_patients: patients }) => ({ distinct_patients: patients + 22 }));
    },
  },
};

describe('numbers are those of the API, and follow it', { concurrency: 3 }, () => {
  for (const [id, { query, agrees, change, tables = [] }] of Object.entries(kPages)) {
    test(id, async () => {
      const server = await stage.serve();
      const { page, complaints, context } = await stage.open(server, `?page=${id}${query}`);
      await untilState(page, id === 'public' ? 'public' : 'live'); // without a session the API does not answer
      const view = new View(page, server);
      for (const panel of tables) await page.locator(`#${panel}`).getByRole('button', { name: 'Table' }).click();
      await untilAgrees(() => agrees(view));
      const shown = await page.locator(`#page-${id}`).innerText();
      change(view);
      server.publish();
      await page.waitForFunction(([where, old]) => document.querySelector(where).innerText !== old, [`#page-${id}`, shown]);
      await untilAgrees(() => agrees(view));
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }
});
