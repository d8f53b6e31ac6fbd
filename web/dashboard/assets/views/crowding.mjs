// The crowding score on its scale, its band in words, and what it is made of.
import { formatCount, formatMinutesShort, kNoValue } from '../format.mjs';
import { kBands } from '../model/crowding.mjs';
import { crowdingWords } from '../words.mjs';
import { keyed, make, setAttribute, setText, showDatum, wordsFor } from './dom.mjs';

const kHighest = 200;
const kDefinition = 'NEDOCS: −20 + 85.8 · patients / beds of the emergency department + 600 · boarding / beds of the hospital + 13.4 · ventilated + 0.93 · longest boarding in hours + 5.64 · last wait for a room in hours, from 0 to 200. The numbers of beds are those of the file that consumers are given with --beds.';

export class Crowding {
  #score = make('span', { class: 'count', id: 'crowding-score' }, kNoValue);
  #button = make('button', { type: 'button', class: 'number' }, this.#score);
  #datum = null;
  #band = make('span', { class: 'band' });
  #needle = make('span', { class: 'needle' });
  #scale = make('div', { class: 'scale', 'aria-hidden': 'true' });
  #inputs = make('dl', { class: 'facts' });

  /** `explain` is called when the score is chosen. */
  constructor(parent, explain) {
    this.#button.addEventListener('click', () =>
      explain({ title: 'Crowding of the emergency department', define: kDefinition, datum: this.#datum, format: formatCount }),
    );
    let from = 0;
    for (const [end] of kBands) {
      const part = make('span', { class: 'part' });
      part.style.flexGrow = String(end - from);
      from = end;
      this.#scale.append(part);
    }
    this.#scale.append(this.#needle);
    parent.append(make('div', { class: 'score' }, this.#button, this.#band), this.#scale, this.#inputs);
  }

  update({ crowding: { score, band, inputs } }) {
    showDatum(this.#score, this.#band, score, formatCount, band ?? '');
    const isThere = score.kind === 'value';
    this.#datum = score;
    setAttribute(this.#button, 'aria-label', `Crowding score: ${isThere ? formatCount(score.value) : wordsFor(score)}. Explain`);
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
