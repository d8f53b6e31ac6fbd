// How a number came about: its definition, as-of time, the cells it is made of, what changed after closing, and what the
// server has to say about one of the cells.
import { formatCount, kNoValue } from '../format.mjs';
import { restatementOf } from '../restated.mjs';
import { make, wordsFor } from './dom.mjs';

const kMostCells = 40;
const kDim = (text) => text.replace(/[%|=,\u0000-\u001f]/g, encodeURIComponent);

/** The key of a cell without its partition, as `explain` takes it. */
export function cellId({ family, dims, window }) {
  const named = Object.entries(dims).map(([name, value]) => `${kDim(name)}=${kDim(value)}`);
  const start = window && new Date(window.start).toISOString().replace('.000Z', 'Z');
  return [family, named.join(','), window ? `${window.size}:${start}` : '-'].join('|');
}

/** Where the API gives a cell as it is. */
function cellAddress({ family, dims, window }) {
  const words = new URLSearchParams({ family, ...dims });
  if (window) {
    words.set('window', window.size);
    words.set('from', new Date(window.start).toISOString());
    words.set('to', new Date(Date.parse(window.start) + 1).toISOString());
  }
  return `/api/v1/cells?${words}`;
}

function cellWords({ family, dims, window }, zone) {
  const parts = [family, ...Object.values(dims)];
  if (window) {
    const start = Date.parse(window.start);
    const day = zone.shortDate(start);
    parts.push(window.size === '1d' ? day : window.size === 'month' ? window.start.slice(0, 7) : `${day} ${zone.time(start)}`);
  }
  return parts.join(' · ');
}

function terms(entries) {
  const row = ([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value ?? kNoValue));
  return make('dl', { class: 'terms' }, ...entries.map(row));
}

const words = (value) => (typeof value === 'number' ? formatCount(value) : typeof value === 'string' ? value : JSON.stringify(value));

/** Only what differs: [[field, 'before → after']] */
function changes(before, after) {
  return Object.keys(after.values)
    .filter((name) => JSON.stringify(before.values?.[name]) !== JSON.stringify(after.values[name]))
    .map((name) => [name.replaceAll('_', ' '), `${words(before.values?.[name] ?? null)} → ${words(after.values[name])}`]);
}

/** What the server says of a cell. */
function answerNodes({ definition, inputs = [], counts = {}, restatements = [] }, zone) {
  const nodes = [];
  if (definition?.meaning) nodes.push(make('p', {}, `${definition.meaning}; from ${(definition.topics ?? []).join(', ')}.`));
  if (definition?.values) nodes.push(terms(definition.values.map(({ name, meaning, merge }) => [name.replaceAll('_', ' '), `${meaning}; ${merge}`])));
  if (inputs.length > 0) {
    nodes.push(make('h3', {}, `Partitions that have a share: ${inputs.length}`));
    nodes.push(terms(inputs.map((input) => [`Partition ${input.partition}`, `version ${words(input.version)}, watermark ${input.watermark ?? kNoValue}`])));
  }
  const counted = Object.entries(counts);
  if (counted.length > 0) nodes.push(make('h3', {}, 'Records of these partitions'), terms(counted.map(([name, count]) => [name, words(count)])));
  for (const { at, before, after } of restatements)
    nodes.push(make('p', { class: 'restated' }, `Restated at ${zone.timeWithSeconds(Date.parse(at))}`), terms(changes(before, after)));
  return nodes;
}

export class Explain {
  #dialog = make('dialog', { class: 'explain', 'aria-labelledby': 'explain-title' });
  #zone = null;
  #asked = 0;

  constructor(parent) {
    parent.append(this.#dialog);
    // A click beside the panel closes it, as Escape does.
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  setZone(zone) {
    this.#zone = zone;
  }

  show({ title, define = '', datum, format }) {
    const cells = datum?.cells ?? [];
    const close = make('button', { type: 'button', class: 'quiet' }, 'Close');
    close.addEventListener('click', () => this.#dialog.close());
    const isThere = datum?.kind === 'value';
    const number = make('p', { class: 'explained' }, isThere ? format(datum.value) : `${kNoValue} ${wordsFor(datum)}`);
    const parts = [
      make('header', {}, make('h2', { id: 'explain-title' }, title), close),
      number,
      make('p', { class: 'definition' }, define),
    ];
    if (datum?.restated) parts.push(make('p', { class: 'restated' }, `Restated: it was ${format(datum.restated.before)} when its window closed.`));
    if (cells.length > 0) parts.push(...this.#cells(cells));
    this.#dialog.replaceChildren(make('div', { class: 'sheet' }, ...parts));
    this.#dialog.showModal();
    if (cells.length > 0) this.#ask(cells[0]);
  }

  #cells(cells) {
    const newest = cells.map(({ watermark }) => watermark).filter(Boolean).sort().at(-1);
    const asOf = newest ? `As of ${this.#zone.timeWithSeconds(Date.parse(newest))}, ${this.#zone.date(Date.parse(newest))} (${this.#zone.label}).` : '';
    const list = make('ul', { class: 'sources' }, ...cells.slice(0, kMostCells).map((cell) => this.#cell(cell)));
    const rest = cells.length - kMostCells;
    this.answer = make('div', { class: 'answer', 'aria-live': 'polite' });
    return [
      make('p', { class: 'note' }, asOf),
      make('h3', {}, `Made from ${formatCount(cells.length)} ${cells.length === 1 ? 'cell' : 'cells'}`),
      list,
      ...(rest > 0 ? [make('p', { class: 'note' }, `and ${formatCount(rest)} more`)] : []),
      make('h3', {}, 'From the server'),
      this.answer,
    ];
  }

  #cell(cell) {
    const ask = make('button', { type: 'button', class: 'quiet' }, 'Explain');
    ask.setAttribute('aria-label', `Explain ${cellWords(cell, this.#zone)}`);
    ask.addEventListener('click', () => this.#ask(cell));
    const words = [cell.status, ...(restatementOf(cell) ? ['restated'] : [])].join(', ');
    const link = make('a', { href: cellAddress(cell), target: '_blank', rel: 'noopener' }, cellWords(cell, this.#zone));
    return make('li', {}, link, make('span', { class: 'note' }, words), ask);
  }

  async #ask(cell) {
    const turn = (this.#asked += 1);
    const answer = this.answer;
    answer.replaceChildren(make('p', { class: 'note' }, 'loading'));
    const found = await fetch(`/api/v1/explain?cell=${encodeURIComponent(cellId(cell))}`, { credentials: 'same-origin' })
      .then(async (response) => ({ isGood: response.ok, body: await response.json() }))
      .catch(() => null);
    if (turn !== this.#asked) return;
    if (found?.isGood) answer.replaceChildren(make('p', { class: 'note' }, cellWords(cell, this.#zone)), ...answerNodes(found.body, this.#zone));
    else answer.replaceChildren(make('p', { class: 'note' }, found ? (found.body.detail ?? 'no answer') : 'The server cannot be reached.'));
  }
}
