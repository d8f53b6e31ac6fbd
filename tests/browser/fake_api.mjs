// The HTTP answers of the fake server, made from the same cells as its WebSocket's.
import { cellId } from '../../web/dashboard/assets/model/explain.mjs';
import { utc } from './fake_hospital.mjs';
import { addValues, withMinutes } from './fake_numbers.mjs';

/** Records that no consumer has read yet, in each partition of each topic. */
export const kUnread = 2;
const decimal = (cents) => (cents / 100).toFixed(2);
const rounded = (value) => Math.round(value * 100) / 100;

function selected(hospital, query) {
  const family = query.get('family');
  const size = query.get('window');
  const cells = [...(hospital.topics.get(size ? `${family}:${size}` : family)?.values() ?? [])];
  const from = Date.parse(query.get('from') ?? '0000-01-01T00:00:00Z');
  const to = Date.parse(query.get('to') ?? '9999-01-01T00:00:00Z');
  return cells.filter(({ window, dims }) => {
    const start = window ? Date.parse(window.start) : from;
    const isDim = ([name, value]) => query.getAll(name).length === 0 || query.getAll(name).includes(value);
    return start >= from && start < to && Object.entries(dims).every(isDim) && (!query.has('funnel') || dims.funnel === query.get('funnel'));
  });
}

function mergedOverTime(cells) {
  const groups = new Map();
  for (const cell of cells) {
    const key = JSON.stringify(cell.dims);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()].map((list) => ({ ...list[0], values: addValues(list.map(({ values }) => values)) }));
}

function cells(hospital, query, generation) {
  let list = selected(hospital, query);
  if (query.get('merge') === 'time') list = mergedOverTime(list);
  if (query.get('histogram') === '1') list = list.map((cell) => ({ ...cell, values: withMinutes(cell.values) }));
  return { generation, as_of: new Date(hospital.nowMs).toISOString(), watermark: hospital.watermark, cells: list, next: null };
}

/** Rows of the mart of days, from the cells of days and of money. */
export function dailyKpis(hospital, { from = '0000', to = '9999' } = {}) {
  return [...hospital.topics.get('hospital:1d').values()]
    .map(({ window, values }) => {
      const date = window.start.slice(0, 10);
      const money = addValues([
        { billed_cents: 0, insurance_cents: 0, patient_cents: 0, paid_bills: 0, pending_bills: 0 },
        ...[...hospital.topics.get('finance:1d').values()]
          .filter((cell) => cell.dims.department && cell.window.start.startsWith(date))
          .map((cell) => cell.values),
      ]);
      const bills = money.paid_bills + money.pending_bills;
      return {
        date,
        total_visits: values.checkins + values.no_show,
        completed_visits: values.completed,
        total_admissions: values.admissions,
        avg_length_of_stay_days: values.admissions ? rounded(3 + (values.admissions % 9) / 7) : null,
        total_revenue: decimal(money.billed_cents),
        insurance_revenue: decimal(money.insurance_cents),
        patient_revenue: decimal(money.patient_cents),
        paid_bills: money.paid_bills,
        pending_bills: money.pending_bills,
        payment_rate_pct: bills ? rounded((100 * money.paid_bills) / bills) : null,
        new_patients: values.new_patients ?? 0,
      };
    })
    .filter(({ date }) => date >= from && date < to)
    .sort((a, b) => (a.date < b.date ? -1 : 1));
}

const kMeanings = {
  census: ['who is there, as of the watermark', 'waiting', 'checked in, not yet roomed, seen or ended'],
  hospital: ['what happened in the window', 'checkins', 'visits whose earliest check-in lies in the window'],
};

/** Two partitions, of which each has about half. */
function explain(hospital, id, generation) {
  const [family, , window] = id.split('|');
  const topic = window === '-' ? family : `${family}:${window.split(':')[0]}`;
  const cell = [...(hospital.topics.get(topic)?.values() ?? [])].find((one) => cellId(one) === id);
  if (!cell) return null;
  const [meaning, name, words] = kMeanings[family] ?? ['numbers of the family', Object.keys(cell.values)[0], 'as its name says'];
  const half = (value, part) => (typeof value === 'number' ? (part === 0 ? Math.ceil(value / 2) : Math.floor(value / 2)) : value);
  const values = (part) => Object.fromEntries(Object.entries(cell.values).map(([field, value]) => [field, half(value, part)]));
  const { before } = hospital.restated.get(id) ?? {};
  return {
    generation,
    cell,
    definition: { family, meaning, topics: ['checkins', 'encounters'], values: [{ name, meaning: words, merge: 'added up over partitions' }] },
    inputs: [3, 5].map((partition, part) => ({ ...cell, partition, values: values(part) })),
    counts: { consumed: 410, applied: 400, duplicate: 8, rejected: 1, held: 1 },
    restatements: before ? [{ at: cell.updated_at, before: { ...cell, partition: 3, values: before }, after: { ...cell, partition: 3 } }] : [],
  };
}

const kRejected = [
  ['2026-11-21T13:40:01Z', { reason: 'rule', rule: 'insurance_within_total', detail: 'insurance_amount 120.00 is above total_amount 100.00', topic: 'wardpulse.billing', partition: '3', offset: '4711' }],
  ['2026-11-21T13:38:44Z', { reason: 'too_late', detail: 'event_time 2026-10-02T08:00:00Z', topic: 'wardpulse.encounters', partition: '1', offset: '90112' }],
  ['2026-11-21T13:31:12Z', { reason: 'missing_field', detail: 'visit_type', topic: 'wardpulse.checkins', partition: '6', offset: '2210' }],
].map(([timestamp, headers], i) => ({ partition: Number(headers.partition), offset: 90 - i, timestamp, key: null, event: null, headers }));

/** What programs tell: two consumers, which share the partitions, and a replay; or what a test has put into `hospital.programs`. */
function system(hospital, generation) {
  const consumer = (instance, partitions) => told(hospital, { role: 'consumer', instance, generation, partitions });
  const replay = { ratio: 0.42, records_per_second: 3210.4, seconds_left: 754, event_time: utc(hospital.nowMs - 20 * 86_400_000) };
  const programs = hospital.programs ?? [
    consumer('c1', [0, 1, 2, 3]),
    consumer('c2', [4, 5, 6, 7]),
    told(hospital, { role: 'replay', instance: 'r1', generation: 'fixed', partitions: [0, 1, 2, 3, 4, 5, 6, 7], replay }),
  ];
  return {
    generated_at: new Date().toISOString(),
    generation: { active: generation, previous: null, number: 0, switched_at: null },
    web: { version: '0.1.0', generation, clients: 3 },
    instances: hospital.watermark ? programs : [],
  };
}

/** A record that a program has written `age_seconds` ago. */
export function told(hospital, { age_seconds: age = 1.2, ...rest }) {
  const at = (seconds) => new Date(Date.now() - 1000 * (age + seconds)).toISOString();
  const watermark = utc(hospital.nowMs - 5000);
  return {
    age_seconds: age,
    version: '0.1.0',
    started_at: at(3600),
    at: at(0),
    records_per_second: 6.5,
    lag_records: 0,
    watermark,
    watermarks: Object.fromEntries(['checkins', 'encounters', 'billing', 'workflow'].map((topic) => [topic, watermark])),
    held: 12,
    visits: 840,
    cells: 5210,
    checkpoint: { at: at(4), seconds: 0.04, failures: 0 },
    rebalances: { assigned: 1, revoked: 0, lost: 0 },
    replay: null,
    ...rest,
  };
}

/** The newest records of a topic. Of inputs no more than one: the ends of the log are what a page reads from it. */
function events(hospital, query) {
  const topic = query.get('topic');
  if (topic === 'rejected') return { topic, records: kRejected, next: null };
  const tasks = [...hospital.topics.get('task').values()];
  const ends = tasks.map(({ dims, values }) => [Number(dims.partition), (values.next_offsets[topic] ?? 0) + kUnread]);
  const [partition, end] = ends[0];
  const next = ends.map(([id, offset], i) => `${id}:${i === 0 ? offset - 1 : offset}`).join(',');
  return { topic, records: [{ partition, offset: end - 1, timestamp: utc(hospital.nowMs), key: 'p1', event: { event_time: utc(hospital.nowMs - 1000) } }], next };
}

function publicSummary(hospital) {
  const banded = (count) => (count < 11 ? '<11' : Math.floor(count / 11) * 11);
  const rows = [...hospital.topics.get('department:1d').values(), ...hospital.topics.get('department:1h').values()]
    .filter(({ window }) => Date.parse(window.end) <= hospital.nowMs)
    .map(({ dims, window, values }) => ({
      department: dims.department,
      window,
      patients: banded(values.distinct_patients),
      median_wait_minutes: values.wait_minutes.n >= 11 ? Math.round(values.wait_minutes.p50 / 5) * 5 : null,
      median_stay_minutes: values.stay_minutes.n >= 11 ? Math.round(values.stay_minutes.p50 / 5) * 5 : null,
    }));
  const totals = new Map();
  for (const { window, patients } of rows) {
    const key = `${window.size}${window.start}`;
    const held = totals.get(key) ?? { department: 'all', window, patients_at_least: 0 };
    held.patients_at_least += typeof patients === 'number' ? patients : 0;
    totals.set(key, held);
  }
  return { note: '', departments: rows, totals: [...totals.values()] };
}

export function answerApi(hospital, url, generation = 'live') {
  const query = url.searchParams;
  switch (url.pathname) {
    case '/api/v1/cells':
      return cells(hospital, query, generation);
    case '/api/v1/marts/daily-kpis':
      return { generation, rows: dailyKpis(hospital, { from: query.get('from'), to: query.get('to') }) };
    case '/api/v1/system':
      return system(hospital, generation);
    case '/api/v1/explain':
      return explain(hospital, query.get('cell'), generation);
    case '/events':
      return hospital.watermark ? events(hospital, query) : { topic: query.get('topic'), records: [], next: null };
    case '/public/metrics/summary':
      return publicSummary(hospital);
    default:
      return null;
  }
}
