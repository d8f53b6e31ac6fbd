// Where each partition number stands: its totals, its watermark and how fast it moves.
import { hasValue } from '../format.mjs';
import { none, whenLoaded } from './datum.mjs';
import { RateMeter } from './feed.mjs';
import { sumCells, total } from './sums.mjs';

const meters = new Map(); // partition -> RateMeter
const kWhyNone = 'no record has been read yet';

export function system({ store, ageOf, nowMs, link }, { served }) {
  const cells = store.cells('task');
  const make = (rows) => whenLoaded(store, ['task'], () => (rows.length > 0 ? { kind: 'value', rows } : none(kWhyNone)));
  return {
    applied: whenLoaded(store, ['task'], () => sumCells(cells, ({ applied }) => applied, kWhyNone)),
    partitions: make(cells.map((cell) => partition(cell, ageOf, nowMs)).sort((a, b) => a.partition - b.partition)),
    topics: make(topics(cells)),
    serving: { kind: 'value', rows: serving(served, link, store, cells) },
  };
}

function partition({ dims, values }, ageOf, nowMs) {
  const id = Number(dims.partition);
  if (!meters.has(id)) meters.set(id, new RateMeter());
  meters.get(id).add(nowMs, values.consumed);
  const watermarkMs = hasValue(values.watermark_ms) ? values.watermark_ms : null;
  return { ...values, partition: id, watermarkMs, ageMs: watermarkMs === null ? null : ageOf(watermarkMs), rate: meters.get(id).perSecond };
}

function topics(cells) {
  const names = [...new Set(cells.flatMap(({ values }) => Object.keys(values.next_offsets ?? {})))].sort();
  return names.map((topic) => ({ topic, offsets: total(cells.map(({ values }) => values.next_offsets?.[topic] ?? 0)) }));
}

function serving(served, link, store, cells) {
  const body = served?.kind === 'value' ? served.body : null;
  return [
    { what: 'Generation served', value: body?.generation ?? null },
    { what: 'Server has read up to', value: body?.as_of ?? null },
    { what: 'Least watermark', value: store.watermark },
    { what: 'Partitions', value: cells.length > 0 ? String(cells.length) : null },
    { what: 'This connection', value: link.isOpen ? 'open' : 'not open' },
  ];
}
