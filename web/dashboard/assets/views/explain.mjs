// How a number came about: its definition, window and as-of time, the cells it is made of, what changed after closing, and
// what the server has to say about one of the cells.
import { formatCount, kNoValue } from '../format.mjs';
import { cellAddress, cellId, cellWords, changesOf, sourcesOf } from '../model/explain.mjs';
import { make, wordsFor } from './dom.mjs';
import { openSheet } from './sheet.mjs';

const spaced = (name) => name.replaceAll('_', ' ');
const words = (value) => (typeof value === 'number' ? formatCount(value) : typeof value === 'string' ? value : JSON.stringify(value));

function terms(entries) {
  const row = ([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value ?? kNoValue));
  return make('dl', { class: 'terms' }, ...entries.map(row));
}

/** Values of a partition that a reader can take in at a glance. */
function shareWords({ values = {}, version, watermark }, zone) {
  const counts = Object.entries(values).filter(([, value]) => typeof value === 'number');
  const time = watermark ? zone.timeWithSeconds(Date.parse(watermark)) : kNoValue;
  return [...counts.map(([name, value]) => `${spaced(name)} ${formatCount(value)}`), `as of ${time}`, `version ${words(version)}`].join(', ');
}

/** What the server says of a cell. */
function answerNodes({ generation, definition, inputs = [], counts = {}, restatements = [] }, zone) {
  const nodes = [];
  if (definition?.meaning) nodes.push(make('p', {}, `${definition.meaning}; from ${(definition.topics ?? []).join(', ')}. Generation ${generation}.`));
  if (definition?.values) nodes.push(terms(definition.values.map(({ name, meaning, merge }) => [spaced(name), `${meaning}; ${merge}`])));
  for (const { at, before, after } of restatements) {
    const entries = changesOf(before, after).map(([name, from, to]) => [spaced(name), `${words(from)} → ${words(to)}`]);
    nodes.push(make('p', { class: 'restated' }, `Restated at ${zone.timeWithSeconds(Date.parse(at))}`), terms(entries));
  }
  if (inputs.length > 0) {
    nodes.push(make('h3', {}, `Partitions that have a share: ${inputs.length}`));
    nodes.push(terms(inputs.map((input) => [`Partition ${input.partition}`, shareWords(input, zone)])));
  }
  const counted = Object.entries(counts);
  if (counted.length > 0) nodes.push(make('h3', {}, 'Records of these partitions'), terms(counted.map(([name, count]) => [name, words(count)])));
  return nodes;
}

export class Explain {
  #fetch;
  #answer = null;
  #zone = null;
  #asked = 0;

  /** `ask` is as fetch(). */
  constructor(ask) {
    this.#fetch = ask;
  }

  setZone(zone) {
    this.#zone = zone;
  }

  /** `datum` is as it was when it was chosen: what changes after that does not move under the reader's eyes. */
  show({ title, define = '', datum, format }) {
    const isThere = datum?.kind === 'value';
    const parts = [
      make('p', { class: 'explained' }, isThere ? format(datum.value) : `${kNoValue} ${datum ? wordsFor(datum) : ''}`),
      make('p', { class: 'definition' }, define),
    ];
    if (datum?.restated) parts.push(make('p', { class: 'restated' }, `Restated: it was ${format(datum.restated.before)} before that, since this page was opened.`));
    if (datum?.source) parts.push(make('p', {}, 'Made from ', make('a', { href: datum.source.href, target: '_blank', rel: 'noopener' }, datum.source.words), '.'));
    const sources = sourcesOf(datum ?? {});
    if (sources.rows.length > 0) parts.push(...this.#sources(sources, format));
    openSheet(title, ...parts);
    if (sources.rows.length > 0) this.#ask(sources.rows[0].cell);
  }

  #time(ms) {
    return `${this.#zone.timeWithSeconds(ms)}, ${this.#zone.date(ms)}`;
  }

  #sources({ asOfMs, window, rows, more }, format) {
    const about = [];
    if (asOfMs !== null) about.push(['As of', `${this.#time(asOfMs)} (${this.#zone.label})`]);
    if (window) about.push(['Window', `${this.#time(window.from)} to ${this.#time(window.to)}`]);
    const count = rows.length + more;
    this.#answer = make('div', { class: 'answer', 'aria-live': 'polite' });
    return [
      terms(about),
      make('h3', {}, `Made from ${formatCount(count)} ${count === 1 ? 'cell' : 'cells'}`),
      make('ul', { class: 'sources' }, ...rows.map((row) => this.#source(row, format))),
      ...(more > 0 ? [make('p', { class: 'note' }, `and ${formatCount(more)} older`)] : []),
      make('h3', {}, 'From the server'),
      this.#answer,
    ];
  }

  #source({ cell, part, isRestated }, format) {
    const name = cellWords(cell, this.#zone);
    const ask = make('button', { type: 'button', class: 'quiet', 'aria-label': `Explain ${name}` }, 'Explain');
    ask.addEventListener('click', () => this.#ask(cell));
    return make(
      'li',
      {},
      make('a', { href: cellAddress(cell), target: '_blank', rel: 'noopener' }, name),
      make('span', { class: 'note' }, [cell.status, ...(isRestated ? ['restated'] : [])].join(', ')),
      make('span', { class: 'count' }, part === undefined ? '' : format(part)),
      ask,
    );
  }

  async #ask(cell) {
    const turn = (this.#asked += 1);
    const answer = this.#answer;
    answer.replaceChildren(make('p', { class: 'note' }, 'loading'));
    const found = await this.#fetch(`/api/v1/explain?cell=${encodeURIComponent(cellId(cell))}`, { credentials: 'same-origin' })
      .then(async (response) => ({ isGood: response.ok, body: await response.json() }))
      .catch(() => null);
    if (turn !== this.#asked) return;
    const head = make('p', { class: 'note' }, cellWords(cell, this.#zone));
    if (found?.isGood) answer.replaceChildren(head, ...answerNodes(found.body, this.#zone));
    else answer.replaceChildren(make('p', { class: 'note' }, found ? (found.body.detail ?? 'no answer') : 'The server cannot be reached.'));
  }
}
