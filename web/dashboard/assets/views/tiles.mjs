// The large numbers. Each opens its explanation; one that changed after its window had closed carries a mark.
import { formatCount, kNoValue } from '../format.mjs';
import { make, setAttribute, setText, wordsFor } from './dom.mjs';

/** Units stand smaller beside their number. */
function showNumber(node, text) {
  if (node.textContent === text) return;
  const parts = text.split(/(\s*[a-z]+\s*)/).filter((part) => part !== '');
  node.replaceChildren(...parts.map((part) => (/[a-z]/.test(part) ? make('small', {}, part) : part)));
}

/**
 * Tiles: {id, title, of(model) -> datum, format?, note(datum, model) -> words, define}. `explain({title, define, datum,
 * format})` is called when a number is chosen.
 */
export class Tiles {
  #tiles;

  constructor(parent, tiles, explain) {
    this.#tiles = tiles.map((tile) => this.#make(parent, tile, explain));
  }

  #make(parent, tile, explain) {
    const number = make('span', { class: 'value', id: `tile-${tile.id}` }, kNoValue);
    const button = make('button', { type: 'button', class: 'number', 'aria-describedby': `note-${tile.id}` }, number);
    const note = make('p', { class: 'note', id: `note-${tile.id}` }, 'loading');
    const mark = make('p', { class: 'restated', hidden: '' });
    const held = { ...tile, button, number, note_node: note, mark, datum: null };
    button.addEventListener('click', () => {
      explain({ title: tile.title, define: tile.define, datum: held.datum, format: tile.format ?? formatCount });
    });
    parent.append(make('article', { class: 'tile' }, make('h3', {}, tile.title), button, mark, note));
    return held;
  }

  update(model) {
    for (const tile of this.#tiles) {
      const { of, format = formatCount, note, title, number, button, mark } = tile;
      const datum = of(model);
      tile.datum = datum;
      const isThere = datum.kind === 'value';
      const text = isThere ? format(datum.value) : kNoValue;
      showNumber(number, text);
      setAttribute(number, 'data-kind', datum.kind);
      setAttribute(button, 'aria-label', `${title}: ${isThere ? text : wordsFor(datum)}. Explain`);
      setText(tile.note_node, isThere ? note(datum, model) : wordsFor(datum));
      mark.hidden = !datum.restated;
      if (datum.restated) setText(mark, `Restated, was ${format(datum.restated.before)}`);
    }
  }
}
