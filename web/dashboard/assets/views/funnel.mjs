// The emergency funnel: how far today's visits came, then what became of each of them. Open visits have a place of
// their own.
import { formatCount, formatMinutes, formatShare } from '../format.mjs';
import { doorWords, stepWords } from '../words.mjs';
import { Empty, keyed, make, setAttribute, setText } from './dom.mjs';

const kEmergency = {
  what: 'Visits',
  share: 'Of arrivals',
  about: ({ window }, zone) => `${zone.date(Date.parse(window.start))}; visits under way may yet reach the later steps`,
  converted: 'completed',
  open: 'still here, under way',
  timedOut: 'no end in 24 hours',
};

export class Funnel {
  #about;
  #steps = make('tbody');
  #bar = make('div', { class: 'fates-bar', 'aria-hidden': 'true' });
  #fates = make('ul', { class: 'fates' });
  #empty;

  #words;

  /** `words`: {start, of(funnel, zone), converted, open, timedOut}. */
  constructor(parent, about, words = kEmergency) {
    this.#words = words;
    this.#about = about;
    const heads = ['Step', words.what, '', words.share, 'Half within', '9 in 10 within'];
    const head = make(
      'thead',
      {},
      make('tr', {}, ...heads.map((title) => (title ? make('th', { scope: 'col' }, title) : make('td')))),
    );
    const table = make(
      'table',
      { class: 'steps' },
      make('caption', { class: 'unseen' }, 'How far they have come, and the time since arrival'),
      head,
      this.#steps,
    );
    const fates = make('div', { class: 'fates-part' }, make('h3', {}, 'Where they are now'), this.#bar, this.#fates);
    this.#empty = new Empty(parent, make('div', {}, table, fates));
  }

  update({ funnel, zone }) {
    if (!this.#empty.show(funnel)) return setText(this.#about, '');
    setText(this.#about, this.#words.about(funnel, zone));
    keyed(
      this.#steps,
      funnel.steps,
      ({ step }) => step,
      makeStep,
      (node, step) => showStep(node, step, funnel),
    );
    const fates = fatesOf(funnel, this.#words);
    keyed(
      this.#bar,
      fates,
      ({ id }) => id,
      ({ kind }) => make('div', { 'data-fate': kind }),
      (node, { count }) => {
        node.style.flexGrow = String(count);
        node.hidden = count === 0;
      },
    );
    keyed(
      this.#fates,
      fates,
      ({ id }) => id,
      makeFate,
      (node, { count, words }) => {
        setText(node.count, formatCount(count));
        setText(node.words, words);
        setText(node.share, formatShare(count, funnel.entered));
      },
    );
  }
}

/** Every visit that entered is in exactly one of these. */
function fatesOf({ converted, open, timed_out, exits }, words) {
  return [
    { id: 'converted', kind: 'converted', count: converted, words: words.converted },
    { id: 'open', kind: 'open', count: open, words: words.open },
    ...exits.map(({ door, count }) => ({ id: door, kind: 'exited', count, words: doorWords(door) })),
    { id: 'timed_out', kind: 'timed_out', count: timed_out, words: words.timedOut },
  ];
}

function makeFate({ id, kind }) {
  const node = make('li', { 'data-fate': kind, 'data-id': id });
  node.count = make('span', { class: 'count' });
  node.words = make('span', { class: 'what' });
  node.share = make('span', { class: 'note' });
  node.append(make('span', { class: 'swatch', 'aria-hidden': 'true' }), node.count, node.words, node.share);
  return node;
}

function makeStep({ step }) {
  const cell = (value) => make('td', { 'data-value': value });
  const fill = make('div', { class: 'fill' });
  const node = make('tr', { 'data-step': step }, make('th', { scope: 'row' }, stepWords(step)));
  Object.assign(node, { reached: cell('reached'), share: cell('share'), p50: cell('p50'), p90: cell('p90'), fill });
  node.append(
    node.reached,
    make('td', { class: 'track', 'aria-hidden': 'true' }, fill),
    node.share,
    node.p50,
    node.p90,
  );
  return node;
}

function showStep(node, { step, reached, minutes }, { entered, steps }) {
  setText(node.reached, formatCount(reached));
  setText(node.share, formatShare(reached, entered));
  const isStart = step === steps[0].step;
  setText(node.p50, isStart ? '' : formatMinutes(minutes?.p50));
  setText(node.p90, isStart ? '' : formatMinutes(minutes?.p90));
  setAttribute(node.fill, 'data-empty', String(reached === 0));
  node.fill.style.width = entered > 0 ? `${(100 * reached) / entered}%` : '0';
}
