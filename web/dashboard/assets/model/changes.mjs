// What of a table reads otherwise than before numbers changed after closing. Pure.
import { kNoValue } from '../format.mjs';

/** What a column (as of views/table.mjs) shows of a row. */
export function wordsOf({ of, format }, row) {
  const value = of(row);
  return format ? format(value) : (value ?? kNoValue).toString();
}

/**
 * [{index, place, row, column, before, after}]: row `index` of the table, its column `place`, both by name, and what was shown
 * before. Rows are told by their `key`, or by what the first column holds.
 */
export function changesOfRows(columns, rows, earlier) {
  if (!earlier) return [];
  const keyOf = (row) => row.key ?? columns[0].of(row);
  const held = new Map(earlier.map((row) => [keyOf(row), row]));
  return rows.flatMap((row, index) => {
    const was = held.get(keyOf(row));
    if (!was) return [];
    const name = row.key ?? wordsOf(columns[0], row);
    return columns
      .map((column, place) => ({ index, place, row: name, column: column.title.trim(), before: wordsOf(column, was), after: wordsOf(column, row) }))
      .filter(({ before, after }) => before !== after);
  });
}
