// Numbers that changed after their window had closed, since this page was opened. Pure. What was there before is remembered
// beside what is there now, not in it: cells and rows stay as the server sent them. A page that is loaded anew has seen
// nothing before; what the server remembers is in a number's explanation.

const earlier = new WeakMap(); // cell or row -> the one that was shown before the first change after closing

/** Families whose numbers are meant to go on after the window: an attempt ends, a bill is paid. For them only `final`
 *  closes. */
const kOpenAfterEnd = new Set(['funnel', 'finance']);

function isClosedCell({ family, window, status }) {
  return window !== null && (status === 'final' || (status === 'closed' && !kOpenAfterEnd.has(family)));
}

/** How cells are watched: when the window of one has closed, and what of it are its numbers. */
const kCells = { isClosed: isClosedCell, valuesOf: ({ values }) => values };

/** `next` takes the place of `held` (which may be undefined). A number that is again what it was is not restated. */
export function noteRestatement(held, next, { isClosed, valuesOf } = kCells) {
  if (!held || held === next) return;
  const first = earlier.get(held) ?? (isClosed(held) ? held : undefined);
  if (first && JSON.stringify(valuesOf(first)) !== JSON.stringify(valuesOf(next))) earlier.set(next, first);
}

/** A whole list takes the place of another. */
export function noteRestatements(before, after, keyOf, watched) {
  if (!before || !after) return;
  const held = new Map(before.map((item) => [keyOf(item), item]));
  for (const item of after) noteRestatement(held.get(keyOf(item)), item, watched);
}

/** As it was before the first change after closing; undefined: there was none. */
export function earlierOf(item) {
  return earlier.get(item);
}

/** The list as it was before anything in it changed after closing; null: nothing did. */
export function asEarlier(items) {
  return items.some((item) => earlier.has(item)) ? items.map((item) => earlier.get(item) ?? item) : null;
}
