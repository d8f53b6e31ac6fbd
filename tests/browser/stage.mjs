// What the tests of pages stand on: the assembled dashboard, Chromium, fake servers; all of it is cleared away after them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import { buildDashboard, launchBrowser, openPage } from './browser.mjs';
import { FakeHospital } from './fake_hospital.mjs';
import { FakeServer, kKey } from './fake_server.mjs';

export const kPatience = { timeout: 30_000 };

export class Stage {
  /** Both are there from the first test on. */
  browser;
  folder;
  #servers = new Set();

  /** Is set up before the tests of the file that makes it, and cleared after them. */
  constructor() {
    before(() => this.#setUp());
    after(() => this.#clear());
  }

  async #setUp() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'wardpulse-pages-'));
    buildDashboard(this.folder);
    this.browser = await launchBrowser();
  }

  async #clear() {
    await this.browser?.close();
    await Promise.all([...this.#servers].map((server) => server.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  async serve(hospital = new FakeHospital(), port = 0) {
    const server = await new FakeServer(this.folder, hospital).start(port);
    this.#servers.add(server);
    return server;
  }

  async stop(server) {
    this.#servers.delete(server);
    await server.stop();
  }

  /** A page as staff sees it: {page, complaints, context}. */
  open(server, query = '', options = {}) {
    return openPage(this.browser, `${server.url}/${query}#key=${kKey}`, options);
  }
}

export const untilText = (page, selector, text) =>
  page.waitForFunction(([where, wanted]) => document.querySelector(where)?.textContent === wanted, [selector, text], kPatience);

export const untilState = (page, state) => page.waitForSelector(`#status[data-state="${state}"]`, kPatience);

/** Goes to a page by its link. */
export async function visit(page, { id, title }) {
  await page.locator('#nav').getByRole('link', { name: title, exact: true }).click();
  await page.waitForSelector(`#page-${id}:not([hidden])`, kPatience);
}
