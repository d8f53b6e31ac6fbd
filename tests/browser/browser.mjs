// Starts Chromium and opens pages in it; everything that a page should not say is collected.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const kHere = path.dirname(fileURLToPath(import.meta.url));
export const kSource = path.resolve(kHere, '../..');
const kArtifacts = path.resolve(process.env.WARDPULSE_ARTIFACTS ?? path.join(kSource, 'artifacts'));
export const kSizes = {
  wide: { width: 1920, height: 1080 },
  middle: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
};

const kFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchBrowser() {
  const executablePath = process.env.WARDPULSE_CHROMIUM ?? '/usr/bin/chromium';
  // Its crash reports would go to the user's own folder.
  const env = { ...process.env, XDG_CONFIG_HOME: path.join(kSource, '.cache/chromium') };
  return chromium.launch({ executablePath, headless: true, args: kFlags, env });
}

/** Assembles the dashboard into a folder of its own and returns it. */
export function buildDashboard(folder) {
  execFileSync(process.execPath, [path.join(kSource, 'web/dashboard/build.mjs'), folder]);
  return folder;
}

/** A page and the complaints that it made: console errors and warnings, exceptions, violated policies. */
export async function openPage(browser, url, { size = kSizes.wide, theme = 'light', before = async () => {}, ...options } = {}) {
  const context = await browser.newContext({ viewport: size, colorScheme: theme, timezoneId: 'UTC', ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  await before(page);
  await page.goto(url);
  return { page, complaints, context };
}

export async function screenshot(page, name, options = {}) {
  mkdirSync(kArtifacts, { recursive: true });
  await page.screenshot({ path: path.join(kArtifacts, `${name}.png`), ...options });
}

/** Waits until nothing on the page is loading, and every chart is drawn and as large as its place. */
export async function settled(page) {
  await page.waitForFunction(() => {
    const seen = (selector) => [...document.querySelectorAll(selector)].filter((node) => node.checkVisibility());
    const isDrawn = (node) => node.dataset.drawn === 'true' && node.querySelector('canvas').clientWidth === node.clientWidth;
    return seen('main [data-kind]').length > 0 && !/\bloading\b/i.test(document.querySelector('main').innerText) && seen('.chart').every(isDrawn);
  });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** What axe finds on a page that holds its source, as lines. */
export async function findings(page) {
  const rules = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = await page.evaluate((runOnly) => globalThis.axe.run({ runOnly }), rules);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}

/** A picture for the manual: WebP, which Chromium writes itself. */
export async function picture(page, name) {
  const png = (await page.screenshot()).toString('base64');
  const drawing = await page.context().newPage();
  const webp = await drawing.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.82).split(',')[1];
  }, png);
  await drawing.close();
  mkdirSync(kArtifacts, { recursive: true });
  writeFileSync(path.join(kArtifacts, `${name}.webp`), Buffer.from(webp, 'base64'));
}
