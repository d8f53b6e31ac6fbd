// "Today" is the local day that the as-of time lies in, not the viewer's.

/** The cell that speaks of the latest time, among those of check-ins and encounters; undefined: there is none yet. */
export function newestCell(store) {
  const cells = [...store.cells('census'), ...store.cells('hospital:1d').slice(-1)].filter(
    ({ watermark }) => watermark,
  );
  return cells.sort((a, b) => Date.parse(a.watermark) - Date.parse(b.watermark)).at(-1);
}

/**
 * Milliseconds of the time up to which the numbers speak; null: there is none yet. It is the newest watermark of a
 * cell: one that was not sent again since then has not changed. The watermark of heartbeats is no use here: billing
 * counts in it.
 */
export function asOf(store) {
  const cell = newestCell(store);
  return cell ? Date.parse(cell.watermark) : null;
}

/** Those cells of a topic with size 1d whose day contains `ms`. */
export function cellsOfDay(store, topic, ms) {
  if (ms === null) return [];
  const start = store.windowStarts(topic).findLast((windowStart) => windowStart <= ms);
  if (start === undefined) return [];
  return store.cellsAt(topic, start).filter((cell) => Date.parse(cell.window.end) > ms);
}
