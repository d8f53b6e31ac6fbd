// Numbers that changed after their window had closed. Pure. What a cell held before is remembered beside the cell, not in
// it: cells stay as the server sent them.

const restatements = new WeakMap(); // cell -> {values, status}

/** Families whose numbers are meant to go on after the window: an attempt ends, a bill is paid. For them only `final`
 *  closes. */
const kOpenAfterEnd = new Set(['funnel', 'finance', 'daily_kpis']);

function isClosed({ family, window, status }) {
  return window !== null && (status === 'final' || (status === 'closed' && !kOpenAfterEnd.has(family)));
}

/** `next` takes the place of `held` (which may be undefined). */
export function noteRestatement(held, next) {
  if (!held || held === next) return;
  const earlier = restatements.get(held);
  const changed = isClosed(held) && JSON.stringify(held.values) !== JSON.stringify(next.values);
  if (earlier) restatements.set(next, earlier);
  else if (changed) restatements.set(next, { values: held.values, status: held.status });
}

/** {values, status} before the first change after closing; undefined: there was none while this page looked. */
export function restatementOf(cell) {
  return restatements.get(cell);
}
