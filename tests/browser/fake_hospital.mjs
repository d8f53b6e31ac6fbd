// A small hospital of made-up cells, seeded, for tests of the page: consistent within itself (a funnel's parts add up),
// and nothing like a simulation of one.
import { cellKey, kWindowsKept, windowStart } from '../../web/dashboard/assets/state.mjs';
import { distribution } from './fake_numbers.mjs';
import { addHistory } from './fake_history.mjs';

export const kDepartments = [
  'Emergency',
  'Cardiology',
  'Oncology',
  'Pediatrics',
  'Surgery',
  'Maternity',
  'General Medicine',
];
const kWeights = [6, 2.2, 1.2, 2.8, 1.6, 1, 3.4];
const kArrivalsOfWeight = 0.3;
const kMinuteMs = 60_000;
const kHourMs = 3_600_000;
const kDayMs = 86_400_000;

/** mulberry32: numbers in [0, 1), the same for the same seed. */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const utc = (ms) => new Date(ms).toISOString().replace('.000Z', 'Z');

function minuteWindow(ms) {
  const start = Math.floor(ms / kMinuteMs) * kMinuteMs;
  return { size: '1m', start: utc(start), end: utc(start + kMinuteMs) };
}

export function hourWindow(ms) {
  const start = Math.floor(ms / kHourMs) * kHourMs;
  return { size: '1h', start: utc(start), end: utc(start + kHourMs) };
}

export function dayWindow(ms) {
  const start = Math.floor(ms / kDayMs) * kDayMs;
  return { size: '1d', start: utc(start), end: utc(start + kDayMs) };
}


const kTopics = [
  'department:1m',
  'department:1h',
  'department:1d',
  'hospital:1d',
  'census',
  'crowding',
  'funnel:1d',
  'access:1d',
  'quality:1h',
  'quality:1d',
  'finance:1d',
  'organization:month',
  'patients',
  'task',
];

const statusOf = (window, nowMs) => (window && Date.parse(window.end) <= nowMs - 5000 ? 'closed' : 'open');
const splitPatients = (count) => ({ new_patients: Math.floor(count * 0.35), returning_patients: count - Math.floor(count * 0.35) });

const quietDay = {
  completed: 0,
  cancelled: 0,
  no_show: 0,
  admissions: 0,
  discharges: 0,
  treatments: 0,
  treatment_cents: 0,
  wait_minutes: distribution(0, 0),
  stay_minutes: distribution(0, 0),
};

/** Records read, by topic. */
function nextOffsets(consumed) {
  const [encounters, billing, workflow] = [0.5, 0.25, 0.03].map((share) => Math.floor(consumed * share));
  return { billing, checkins: consumed - encounters - billing - workflow, encounters, workflow };
}

export class FakeHospital {
  /** topic -> (cell key -> cell); the truth that pages are compared with. */
  topics = new Map(kTopics.map((name) => [name, new Map()]));
  #changed = new Map();
  #starts = new Map(); // topic → the windows it has cells of
  #random;
  #version = 1;

  /** `nowMs`: event time of the newest cell. Without `minutes` of history there are no cells at all. */
  constructor({ seed = 1, nowMs = Date.now(), minutes = 190, days = 70, departments = kDepartments } = {}) {
    this.#random = seededRandom(seed);
    this.nowMs = nowMs;
    this.departments = departments;
    this.days = days;
    if (minutes > 0) this.#begin(minutes);
  }

  /** The hospital's cell of the day that is running. */
  get today() {
    return this.topics.get('hospital:1d').get(cellKey({ family: 'hospital', dims: {}, window: dayWindow(this.nowMs) }));
  }

  get random() {
    return this.#random;
  }

  get watermark() {
    return this.topics.get('census').size > 0 ? utc(this.nowMs - 5000) : null;
  }

  /** Cells that changed since the last call: topic -> {cells, removed}. */
  takeChanges() {
    const changes = new Map();
    for (const [topic, keys] of this.#changed) {
      const cells = this.topics.get(topic);
      const of = ([key, identity]) => cells.get(key) ?? identity;
      const all = [...keys];
      changes.set(topic, {
        cells: all.filter(([key]) => cells.has(key)).map(of),
        removed: all
          .filter(([key]) => !cells.has(key))
          .map(([, { family, dims, window }]) => ({ family, dims, window })),
      });
    }
    this.#changed.clear();
    return changes;
  }

  /** Event time goes on and one patient arrives somewhere; others move on. */
  step(ms = 1000) {
    this.nowMs += ms;
    this.#arrive(this.#department());
    this.#census();
    this.#task(7 + Math.floor(this.#random() * 6));
  }

  /** What cells held before they changed after closing, by cellId: {before}. */
  restated = new Map();

  put(topic, { family, dims, window }, values, updatedMs = this.nowMs, status = statusOf(window, this.nowMs)) {
    const cell = {
      family,
      dims,
      window,
      values,
      status,
      version: (this.#version += 1),
      watermark: utc(this.nowMs - 5000),
      updated_at: utc(updatedMs),
    };
    const key = cellKey(cell);
    const grows = !this.topics.get(topic).has(key);
    this.topics.get(topic).set(key, cell);
    this.#note(topic, key, cell);
    if (grows) this.#trim(topic, windowStart(cell));
    return cell;
  }

  remove(topic, cell) {
    const key = cellKey(cell);
    this.topics.get(topic).delete(key);
    this.#note(topic, key, cell);
  }

  #note(topic, key, cell) {
    if (!this.#changed.has(topic)) this.#changed.set(topic, new Map());
    this.#changed.get(topic).set(key, cell);
  }

  #trim(topic, start) {
    if (!this.#starts.has(topic)) this.#starts.set(topic, new Set());
    const starts = this.#starts.get(topic).add(start);
    if (starts.size <= (kWindowsKept[topic.split(':')[1]] ?? Infinity)) return;
    const oldest = Math.min(...starts);
    starts.delete(oldest);
    for (const cell of [...this.topics.get(topic).values()]) if (windowStart(cell) === oldest) this.remove(topic, cell);
  }

  #begin(minutes) {
    const end = this.nowMs;
    for (let ms = end - minutes * kMinuteMs; ms < end; ms += kMinuteMs) {
      this.nowMs = ms;
      const curve = 1 + 0.5 * Math.sin(ms / 4.2e6);
      this.departments.forEach((department, i) => {
        const mean = (kWeights[i] ?? 1) * kArrivalsOfWeight * curve;
        const count = Math.max(0, Math.round(mean + (this.#random() - 0.5) * 2.2 * Math.sqrt(mean)));
        for (let n = 0; n < count; n += 1) this.#arrive(department);
      });
    }
    this.nowMs = end;
    this.#census();
    this.#task(250_000);
    addHistory(this);
    this.takeChanges();
  }

  #department() {
    const total = this.departments.reduce((sum, _, i) => sum + (kWeights[i] ?? 1), 0);
    let at = this.#random() * total;
    return this.departments.find((_, i) => (at -= kWeights[i] ?? 1) < 0) ?? this.departments[0];
  }

  #arrive(department) {
    const left = this.#random() < 0.04 ? 1 : 0;
    this.#count(
      'department:1m',
      { family: 'department', dims: { department }, window: minuteWindow(this.nowMs) },
      left,
    );
    for (const [topic, window] of [['department:1h', hourWindow(this.nowMs)], ['department:1d', dayWindow(this.nowMs)]])
      this.#count(topic, { family: 'department', dims: { department }, window }, left);
    this.#count('hospital:1d', { family: 'hospital', dims: {}, window: dayWindow(this.nowMs) }, left);
    if (department === 'Emergency') this.#attempt();
  }

  #count(topic, identity, left) {
    const held = this.topics.get(topic).get(cellKey(identity))?.values ?? {
      checkins: 0,
      distinct_patients: 0,
      left: 0,
    };
    this.put(topic, identity, {
      ...quietDay,
      ...held,
      checkins: held.checkins + 1,
      distinct_patients: held.distinct_patients + 1,
      left: held.left + left,
      admissions: Math.floor((held.checkins + 1) * 0.11),
      ...(!identity.dims.department && splitPatients(held.checkins + 1)),
      by_visit_type: { Emergency: held.checkins + 1, Inpatient: 0, Outpatient: 0 },
    });
  }

  #attempt() {
    const identity = {
      family: 'funnel',
      dims: { department: 'all', funnel: 'emergency' },
      window: dayWindow(this.nowMs),
    };
    const steps = ['checkin', 'triage', 'roomed', 'provider.seen', 'visit.completed'];
    const held = this.topics.get('funnel:1d').get(cellKey(identity))?.values;
    const entered = (held?.entered ?? 0) + 1;
    const exited = {
      'visit.left:lwbs': Math.floor(entered * 0.05),
      'visit.left:ama': Math.floor(entered * 0.012),
      'visit.left:died': Math.floor(entered * 0.002),
    };
    const gone = Object.values(exited).reduce((sum, count) => sum + count, 0);
    const timedOut = Math.floor(entered * 0.006);
    const converted = Math.max(0, Math.floor(entered * 0.74) - 3);
    const open = entered - gone - timedOut - converted;
    const between = (share) => converted + Math.floor((open + gone) * share);
    const reached = [entered, between(0.92), between(0.6), between(0.45), converted];
    this.put('funnel:1d', identity, {
      steps,
      entered,
      reached,
      converted,
      exited,
      timed_out: timedOut,
      open,
      minutes_to_step: [
        null,
        distribution(reached[1], 6),
        distribution(reached[2], 31),
        distribution(reached[3], 44),
        distribution(converted, 187),
      ],
      minutes_to_convert: distribution(converted, 187),
    });
  }

  #census() {
    this.departments.forEach((department, i) => {
      const near = (value) => Math.max(0, Math.round((kWeights[i] ?? 1) * value + (this.#random() - 0.5) * 3));
      const waiting = near(2.4);
      const isEmergency = department === 'Emergency';
      this.put(
        'census',
        { family: 'census', dims: { department }, window: null },
        {
          waiting,
          in_care: near(5),
          boarding: near(0.9),
          admitted: near(11),
          stale: isEmergency ? 1 : 0,
          longest_wait_minutes: waiting > 0 ? 12 + near(14) : null,
          breaching_next_30m: isEmergency
            ? { room_60: 4, board_240: 1, stay_480: 0, four_hour: 6 }
            : { room_60: 0, board_240: i === 1 ? 2 : 0, stay_480: 0, four_hour: 0 },
        },
      );
    });
  }

  #task(records) {
    for (let partition = 0; partition < 8; partition += 1) {
      const identity = { family: 'task', dims: { partition: String(partition) }, window: null };
      const held = this.topics.get('task').get(cellKey(identity))?.values;
      const consumed = (held?.consumed ?? 0) + Math.floor(records / 8) + (partition < records % 8 ? 1 : 0);
      const duplicate = Math.floor(consumed * 0.01);
      const rejected = Math.floor(consumed * 0.0002);
      const watermark = this.nowMs - 5000;
      this.put('task', identity, {
        next_offsets: nextOffsets(consumed),
        watermark_ms: watermark,
        log_watermark_ms: watermark,
        consumed,
        duplicate,
        rejected,
        held: 3,
        applied: consumed - duplicate - rejected - 3,
      });
    }
  }
}
