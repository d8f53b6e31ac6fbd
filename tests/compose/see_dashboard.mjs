// node see_dashboard.mjs LINK: opens the dashboard in Chromium and waits until it is live and shows patients.
import assert from 'node:assert/strict';
import { launchBrowser, openPage, screenshot } from '../browser/browser.mjs';

const browser = await launchBrowser();
try {
  const { page, complaints } = await openPage(browser, process.argv[2]);
  await page.waitForSelector('#status[data-state="live"]', { timeout: 60_000 });
  await page.locator('#census', { hasText: /[1-9]/ }).waitFor({ timeout: 60_000 });
  await screenshot(page, 'compose');
  assert.deepEqual(complaints, []);
} finally {
  await browser.close();
}
