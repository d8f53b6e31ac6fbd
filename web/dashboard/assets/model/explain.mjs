// How a number came about, as far as the page knows it: the cells it is made of, and what each adds to it. Pure.
import { earlierOf } from '../restated.mjs';

const kMostCells = 40;
const kDim = (text) => text.replace(/[%|=,\u0000-\u001f]/g, encodeURIComponent);

/** The key of a cell without its partition, as `explain` takes it. */
export function cellId({ family, dims, window }) {
  const named = Object.entries(dims).map(([name, value]) => `${kDim(name)}=${kDim(value)}`);
  const start = window && new Date(window.start).toISOString().replace('.000Z', 'Z');
  return [family, named.join(','), window ? `${window.size}:${start}` : '-'].join('|');
}

/** Where the API gives a cell as it is. */
export function cellAddress({ family, dims, window }) {
  const words = new URLSearchParams({ family, ...dims });
  if (window) {
    words.set('window', window.size);
    words.set('from', new Date(window.start).toISOString());
    words.set('to', new Date(Date.parse(window.start) + 1).toISOString());
  }
  return `/api/v1/cells?${words}`;
}

/** "department · Emergency · 21 Nov 13:00" */
export function cellWords({ family, dims, window }, zone) {
  const parts = [family, ...Object.values(dims)];
  if (window) {
    const start = Date.parse(window.start);
    const day = zone.shortDate(start);
    parts.push(window.size === '1d' ? day : window.size === 'month' ? window.start.slice(0, 7) : `${day} ${zone.time(start)}`);
  }
  return parts.join(' · ');
}

/** The span of time that cells speak of: {from, to} in milliseconds; null where they have no windows. */
export function windowOf(cells) {
  const windows = cells.map(({ window }) => window).filter(Boolean);
  if (windows.length === 0) return null;
  return {
    from: Math.min(...windows.map(({ start }) => Date.parse(start))),
    to: Math.max(...windows.map(({ end }) => Date.parse(end))),
  };
}

/**
 * {asOfMs, window, rows: [{cell, part, isRestated}], more} of a datum: those that were restated first, then the newest; `part` is what a cell adds to
 * the number, undefined where it is not a sum; `more` is how many cells are not listed.
 */
export function sourcesOf({ cells = [], parts } = {}) {
  const marks = cells.map(({ watermark }) => Date.parse(watermark)).filter(Number.isFinite);
  const rows = cells.map((cell, i) => ({ cell, part: parts?.[i], isRestated: earlierOf(cell) !== undefined }));
  rows.sort((a, b) => b.isRestated - a.isRestated || Date.parse(b.cell.window?.start ?? 0) - Date.parse(a.cell.window?.start ?? 0) || (b.part ?? 0) - (a.part ?? 0));
  return {
    asOfMs: marks.length > 0 ? Math.max(...marks) : null,
    window: windowOf(cells),
    rows: rows.slice(0, kMostCells),
    more: Math.max(0, rows.length - kMostCells),
  };
}

/** Only what differs: [[field, before, after]] */
export function changesOf(before, after) {
  return Object.keys(after.values)
    .filter((name) => JSON.stringify(before.values?.[name]) !== JSON.stringify(after.values[name]))
    .map((name) => [name, before.values?.[name] ?? null, after.values[name]]);
}
