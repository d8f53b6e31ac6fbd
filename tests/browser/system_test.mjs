// The page System by what programs tell of themselves: at work, silent, replaying, none; and that it is said as it is.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import axe from 'axe-core';
import { findings, screenshot, settled } from './browser.mjs';
import { told } from './fake_api.mjs';
import { FakeHospital } from './fake_hospital.mjs';
import { Stage, kPatience } from './stage.mjs';

const stage = new Stage();

async function openSystem(programsOf, hospital = new FakeHospital()) {
  if (programsOf) hospital.programs = programsOf(hospital);
  const server = await stage.serve(hospital);
  const view = await stage.open(server, '?page=system');
  await view.page.evaluate(axe.source);
  return { ...view, server, hospital };
}

/** The rows of a panel, as {title of the column: text}. */
async function rowsOf(page, panel) {
  return page.locator(`#${panel}`).evaluate((node) => {
    const titles = [...node.querySelectorAll('thead th')].map((cell) => cell.textContent);
    return [...node.querySelectorAll('tbody tr')].map((row) => Object.fromEntries([...row.children].map((cell, i) => [titles[i], cell.textContent])));
  });
}

const rowWith = (page, panel, words) => page.locator(`#${panel} tbody tr`, { hasText: words }).waitFor(kPatience);

describe('the page System', { concurrency: 3 }, () => {
  test('each program is shown with its part of the work, and what is served', async () => {
    const { page, complaints, context } = await openSystem((hospital) => [
      told(hospital, { role: 'consumer', instance: 'c1', generation: 'live', partitions: [0, 1, 2, 5], records_per_second: 812.5, lag_records: 40, rebalances: { assigned: 2, revoked: 1, lost: 0 } }),
      told(hospital, { role: 'consumer', instance: 'c2', generation: 'live', partitions: [3, 4], checkpoint: { at: null, seconds: null, failures: 3 } }),
    ]);
    await rowWith(page, 'system-programs', 'c1');
    await settled(page);
    const [first, second] = await rowsOf(page, 'system-programs');
    assert.deepEqual([first.Program, first.State, first.Partitions, first['Records a second'], first['Not read yet']], ['consumer c1', '● running', '0–2, 5', '813', '40']);
    assert.match(first.Checkpoint, /^\d+ s ago, took 40 ms$/);
    assert.equal(first['Rebalances: got / gave / lost'], '2 / 1 / 0');
    assert.deepEqual([second.Checkpoint, second.Failed], ['none yet', '3']);
    const facts = new Map((await rowsOf(page, 'system-serving')).map(({ What, Now }) => [What, Now]));
    assert.deepEqual([facts.get('Generation served'), facts.get('Generation in force'), facts.get('Generation before'), facts.get('Switched'), facts.get('Clients of this server')], ['live', 'live', 'none', 'never', '3']);
    for (const row of await rowsOf(page, 'system-topics')) assert.match(row['Watermark age'], /^\d+ s$/);
    assert.match(await page.locator('#system-replays').innerText(), /no replay is running/);
    assert.deepEqual(await findings(page), []);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a program that has fallen silent is first, with its age, and none of its numbers is shown as of now', async () => {
    const { page, context } = await openSystem((hospital) => [
      told(hospital, { role: 'consumer', instance: 'a', generation: 'live', partitions: [0] }),
      told(hospital, { role: 'consumer', instance: 'z', generation: 'live', partitions: [1], age_seconds: 130, records_per_second: 99, lag_records: 0 }),
    ]);
    await rowWith(page, 'system-programs', 'silent');
    const [silent, running] = await rowsOf(page, 'system-programs');
    assert.match(silent.State, /^▲ silent for 2 min \d\d s$/);
    assert.deepEqual([silent.Program, silent['Records a second'], silent['Not read yet'], silent.Held], ['consumer z', '–', '–', '–']);
    assert.equal(running.State, '● running');
    await screenshot(page, 'system-silent', { fullPage: true });
    await context.close();
  });

  test('whoever stops telling turns silent under the eyes of the viewer, also when the server itself is gone', async () => {
    const { page, context, server } = await openSystem((hospital) => [told(hospital, { role: 'consumer', instance: 'a', generation: 'live', partitions: [0], age_seconds: 24 })]);
    await rowWith(page, 'system-programs', 'running');
    await stage.stop(server);
    await rowWith(page, 'system-programs', 'silent for 3');
    await context.close();
  });

  test('a replay has its bar, its pace and the time left; a silent one has no time left', async () => {
    const replay = { ratio: 0.42, records_per_second: 3210.4, seconds_left: 754, event_time: '2026-11-20T08:26:12Z' };
    const { page, complaints, context, hospital } = await openSystem((of) => [
      told(of, { role: 'consumer', instance: 'c1', generation: 'live', partitions: [0] }),
      told(of, { role: 'replay', instance: 'r1', generation: 'fixed', partitions: [0], replay }),
    ]);
    await rowWith(page, 'system-replays', 'fixed');
    const [row] = await rowsOf(page, 'system-replays');
    assert.deepEqual(row, { Generation: 'fixed', State: '● running', Done: '42.0%', 'Records a second': '3,210', 'Time left': '12 min', 'Has come to': '20 Nov 08:26:12', Program: 'replay r1' });
    const [bar, fill] = await page.locator('#system-replays .bar').evaluate((node) => [node.clientWidth, node.firstChild.clientWidth]);
    assert.ok(Math.abs(fill / bar - 0.42) < 0.02, `${fill} of ${bar}`);
    assert.deepEqual(await findings(page), []);
    await screenshot(page, 'system-replay', { fullPage: true });
    hospital.programs = [told(hospital, { role: 'replay', instance: 'r1', generation: 'fixed', partitions: [0], age_seconds: 90, replay })];
    await rowWith(page, 'system-replays', 'silent');
    const [silent] = await rowsOf(page, 'system-replays');
    assert.deepEqual([silent.Done, silent['Records a second'], silent['Time left']], ['42.0%', '–', '–']);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('where nobody tells anything, that is said', async () => {
    const { page, context } = await openSystem(() => []);
    await page.waitForFunction(() => /no consumer or replay has told of itself/.test(document.querySelector('#system-programs')?.innerText), undefined, kPatience);
    await context.close();
  });
});
