// A row of tiles at the top of a page.
import { make } from './dom.mjs';
import { Tiles } from './tiles.mjs';

export function addTiles(root, id, title, tiles, explain) {
  const parent = make(
    'section',
    { class: 'tiles', 'aria-labelledby': `${id}-tiles-title`, 'data-count': String(tiles.length) },
    make('h2', { class: 'unseen', id: `${id}-tiles-title` }, title),
  );
  root.append(parent);
  return new Tiles(parent, tiles, explain);
}
