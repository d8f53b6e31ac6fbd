// The HTTP answers of the fake server, made from the same cells as its WebSocket's.
import { addValues, withMinutes } from './fake_numbers.mjs';

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

function cells(hospital, query) {
  let list = selected(hospital, query);
  if (query.get('merge') === 'time') list = mergedOverTime(list);
  if (query.get('histogram') === '1') list = list.map((cell) => ({ ...cell, values: withMinutes(cell.values) }));
  return { generation: 'live', as_of: new Date(hospital.nowMs).toISOString(), watermark: hospital.watermark, cells: list, next: null };
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

function explain() {
  return {
    generation: 'live',
    definition: {
      family: 'census',
      meaning: 'who is there, as of the watermark',
      topics: ['checkins', 'encounters'],
      values: [{ name: 'waiting', meaning: 'checked in, not yet roomed, seen or ended', merge: 'added up over partitions' }],
    },
    inputs: [{ partition: 3, version: 91, watermark: '2026-11-21T13:41:07Z' }],
    counts: { consumed: 410, applied: 400, duplicate: 8, rejected: 1, held: 1 },
    restatements: [],
  };
}

const kRejected = [
  { timestamp: '2026-11-21T13:40:01Z', reason: 'rule', rule: 'insurance_within_total', detail: 'insurance_amount 120.00 is above total_amount 100.00', origin: { topic: 'billing', partition: 3, offset: 4711 } },
  { timestamp: '2026-11-21T13:38:44Z', reason: 'too_late', rule: null, detail: 'event_time 2026-10-02T08:00:00Z', origin: { topic: 'encounters', partition: 1, offset: 90112 } },
  { timestamp: '2026-11-21T13:31:12Z', reason: 'missing_field', rule: null, detail: 'visit_type', origin: { topic: 'checkins', partition: 6, offset: 2210 } },
];

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

export function answerApi(hospital, url) {
  const query = url.searchParams;
  switch (url.pathname) {
    case '/api/v1/cells':
      return cells(hospital, query);
    case '/api/v1/marts/daily-kpis':
      return { rows: dailyKpis(hospital, { from: query.get('from'), to: query.get('to') }) };
    case '/api/v1/explain':
      return explain();
    case '/events':
      return { topic: 'rejected', records: kRejected, next: null };
    case '/public/metrics/summary':
      return publicSummary(hospital);
    default:
      return null;
  }
}
