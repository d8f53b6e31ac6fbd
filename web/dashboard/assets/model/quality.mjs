// Records judged by rules: by source, by rule and over time; and which sources have gone quiet.
import { kLoading, none, whenLoaded } from './datum.mjs';
import { dateOf, isWithin, shortDate } from './span.mjs';
import { complement, groupBy, overTime, ratio, sumCells, total } from './sums.mjs';

export const kTopics = ['quality:1d', 'quality:1h'];
const kWhyNone = 'no record of this range has been judged yet';
const kHourMs = 3_600_000;
/** A source without a judged record for this long is called silent. */
export const kSilentAfterMs = 2 * kHourMs;

const sumOf = (cells, name) => total(cells.map(({ values }) => values[name]));
const passRate = (cells) => {
  const evaluated = sumOf(cells, 'evaluated');
  return evaluated > 0 ? 1 - sumOf(cells, 'failed') / evaluated : null;
};

export function qualityModel({ store, span, asOfMs }) {
  const make = (compute) => {
    if (!span) return kLoading;
    return whenLoaded(store, ['quality:1d'], () => {
      const cells = store.cells('quality:1d').filter((cell) => isWithin(span, dateOf(cell)));
      return compute(cells);
    });
  };
  const rows = (compute) =>
    make((cells) => overTime(cells, (list) => (list.length > 0 ? { kind: 'value', rows: compute(list) } : none(kWhyNone))));
  const evaluated = make((cells) => sumCells(cells, (values) => values.evaluated, kWhyNone));
  const failed = make((cells) => sumCells(cells, (values) => values.failed, kWhyNone));
  const broken = ratio(failed, evaluated, kWhyNone);
  return {
    evaluated,
    failed,
    pass: complement(broken),
    rules: rows(byRule),
    sources: rows((cells) => bySource(cells, lastHeard(store, asOfMs))),
    trend: rows(trend),
  };
}

function byRule(cells) {
  const list = groupBy(cells, ({ dims }) => dims.rule).map(([rule, of]) => ({
    rule,
    evaluated: sumOf(of, 'evaluated'),
    failed: sumOf(of, 'failed'),
    pass: passRate(of),
  }));
  const most = Math.max(1, ...list.map(({ failed }) => failed));
  return list
    .map((row) => ({ ...row, ofMost: row.failed / most }))
    .sort((a, b) => b.failed - a.failed || (a.rule < b.rule ? -1 : 1));
}

function bySource(cells, heard) {
  return groupBy(cells, ({ dims }) => dims.source)
    .map(([source, of]) => {
      const worst = byRule(of)[0];
      return {
        source,
        evaluated: sumOf(of, 'evaluated'),
        failed: sumOf(of, 'failed'),
        pass: passRate(of),
        worst: worst.failed > 0 ? worst.rule : null,
        lastMs: heard.get(source) ?? null,
      };
    })
    .sort((a, b) => a.pass - b.pass || (a.source < b.source ? -1 : 1));
}

function trend(cells) {
  return groupBy(cells, dateOf)
    .map(([date, of]) => ({ date, name: shortDate(date), evaluated: sumOf(of, 'evaluated'), failed: sumOf(of, 'failed'), pass: passRate(of) }))
    .sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** source -> end of the newest hour in which it was heard, as far as hours are held. */
function lastHeard(store, asOfMs) {
  const newest = new Map();
  for (const { dims, window } of store.cells('quality:1h')) {
    const endMs = Math.min(Date.parse(window.end), asOfMs ?? Infinity);
    newest.set(dims.source, Math.max(endMs, newest.get(dims.source) ?? 0));
  }
  return newest;
}

/** Rows of the newest rejected records, as the server tells them. */
export function rejects(answer) {
  if (answer.kind !== 'value') return answer;
  const rows = answer.body.records.map((record) => ({
    timestamp: record.timestamp,
    reason: record.reason ?? record.headers?.reason ?? null,
    rule: record.rule ?? record.headers?.rule ?? null,
    detail: record.detail ?? record.headers?.detail ?? null,
    at: [(record.origin?.topic ?? record.headers?.topic)?.replace(/^.*\./, ''), record.origin?.partition ?? record.headers?.partition, record.origin?.offset ?? record.headers?.offset]
      .filter((part) => part !== undefined)
      .join(' / '),
  }));
  return rows.length > 0 ? { kind: 'value', rows } : none('no record has been rejected');
}
