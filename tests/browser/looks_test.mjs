// Every page in both themes and three sizes: axe finds nothing, nothing is wider than the screen, nothing operable is
// smaller than 24 px, and the pictures are kept in artifacts/ to be looked at.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import axe from 'axe-core';
import { kPages } from '../../web/dashboard/assets/router.mjs';
import { findings, kSizes, screenshot, settled } from './browser.mjs';
import { Stage } from './stage.mjs';

/** Colours are judged in both themes, and layouts in the widest and the narrowest. */
const kJudged = { light: 'wide', dark: 'phone' };
const stage = new Stage();
let server;

before(async () => {
  server = (await stage.serve()).run(1000);
});

/** Elements that reach beyond the screen although nothing round them scrolls. */
function tooWide() {
  const scrolls = (node) => node && (['auto', 'scroll'].includes(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
  return [...document.querySelectorAll('body *')]
    .filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 1 && !scrolls(node))
    .map((node) => `${node.tagName}.${node.className} ${node.textContent.slice(0, 40)}`);
}

/** What can be operated and is smaller than 24 px, but for links within a sentence and boxes whose label is pressed. */
function tooSmall() {
  const isExcepted = (node) => node.closest('p') !== null || node.matches('label input') || node.matches('.skip');
  return [...document.querySelectorAll('a[href], button, select, input, summary')]
    .filter((node) => node.checkVisibility() && !isExcepted(node))
    .map((node) => ({ node, box: node.getBoundingClientRect() }))
    .filter(({ box }) => box.width < 24 || box.height < 24)
    .map(({ node, box }) => `${node.tagName} ${node.textContent.trim().slice(0, 30)}: ${box.width} x ${box.height}`);
}

describe('looks and accessibility', { concurrency: 2 }, () => {
  for (const { id } of kPages) {
    test(id, async () => {
      const { page, complaints, context } = await stage.open(server, `?page=${id}`);
      await page.evaluate(axe.source);
      for (const theme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme: theme });
        for (const [name, size] of Object.entries(kSizes)) {
          await page.setViewportSize(size);
          await settled(page);
          assert.deepEqual(await page.evaluate(tooWide), [], name);
          assert.deepEqual(await page.evaluate(tooSmall), [], name);
          if (kJudged[theme] === name) assert.deepEqual(await findings(page), [], `${name}, ${theme}`);
          await screenshot(page, `${id}-${name}-${theme}`, { fullPage: true });
        }
      }
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }
});
