// The crowding score on its scale, its band in words, and what it is made of.
import { formatCount, formatMinutesShort } from '../format.mjs';
import { kBands } from '../model/crowding.mjs';
import { crowdingWords } from '../words.mjs';
import { keyed, make, setAttribute, setText, showDatum } from './dom.mjs';

const kHighest = 200;

export class Crowding {
  #score = make('span', { class: 'count', id: 'crowding-score' }, '–');
  #band = make('span', { class: 'band' });
  #needle = make('span', { class: 'needle' });
  #scale = make('div', { class: 'scale', 'aria-hidden': 'true' });
  #inputs = make('dl', { class: 'facts' });

  constructor(parent) {
    let from = 0;
    for (const [end] of kBands) {
      const part = make('span', { class: 'part' });
      part.style.flexGrow = String(end - from);
      from = end;
      this.#scale.append(part);
    }
    this.#scale.append(this.#needle);
    parent.append(make('div', { class: 'score' }, this.#score, this.#band), this.#scale, this.#inputs);
  }

  update({ crowding: { score, band, inputs } }) {
    showDatum(this.#score, this.#band, score, formatCount, band ?? '');
    const isThere = score.kind === 'value';
    this.#needle.hidden = !isThere;
    if (isThere) {
      this.#needle.style.left = `${(100 * score.value) / kHighest}%`;
      const at = kBands.findIndex(([end]) => score.value <= end);
      [...this.#scale.querySelectorAll('.part')].forEach((part, i) => setAttribute(part, 'data-on', String(i <= at)));
      setAttribute(this.#scale, 'data-level', String(at));
    }
    keyed(
      this.#inputs,
      inputs,
      ({ id }) => id,
      ({ id }) => {
        const count = make('dd', { class: 'count' });
        return Object.assign(make('div', {}, make('dt', {}, crowdingWords(id)), count), { count });
      },
      (node, { id, value }) => setText(node.count, id.endsWith('_minutes') ? formatMinutesShort(value ?? undefined) : formatCount(value)),
    );
  }
}
