// Weeks of made-up days for the fake hospital: every family that a page shows.
import { dayWindow, hourWindow, utc } from './fake_hospital.mjs';
import { distribution } from './fake_numbers.mjs';

const kDayMs = 86_400_000;
const kHourMs = 3_600_000;
const kPayers = ['Medicare', 'Blue Shield', 'Aetna', 'Medicaid', 'Cigna', 'unknown'];
const kTreatments = ['Chest X-ray', 'CT head', 'Blood panel', 'Suture', 'ECG', 'MRI knee', 'Ultrasound', 'Dialysis', 'Endoscopy', 'Cast', 'Infusion', 'Biopsy'];
const kFacilities = ['North Campus', 'South Campus', 'Harbour Clinic'];
const kCities = ['Springfield', 'Riverton', 'Lakeside', 'Fairview', 'Milton'];
const kAges = ['0-17', '18-34', '35-49', '50-64', '65-79', '80+'];
/** In whole units of the currency. */
const kBilledOfCheckin = 310;
const kRules = ['required', 'gender', 'visit_type', 'visit_exists', 'patient_exists', 'out_of_sequence', 'discharge_after_admit', 'paid_has_time', 'insurance_within_total'];
const kSources = ['hms', 'lab', 'billing-desk'];

const weekdayFactor = (ms) => (new Date(ms).getUTCDay() % 6 === 0 ? 0.7 : 1.05);

function dayValues(checkins, random, wait, stay) {
  const emergency = Math.round(checkins * 0.45);
  const inpatient = Math.round(checkins * 0.1);
  const admissions = Math.round(checkins * (0.1 + random() * 0.03));
  return {
    checkins,
    distinct_patients: Math.round(checkins * 0.97),
    by_visit_type: { Emergency: emergency, Inpatient: inpatient, Outpatient: checkins - emergency - inpatient },
    completed: Math.round(checkins * 0.91),
    cancelled: Math.round(checkins * 0.02),
    no_show: Math.round(checkins * 0.03),
    left: Math.round(checkins * 0.04),
    admissions,
    discharges: Math.max(0, admissions - 2),
    treatments: checkins * 2,
    treatment_cents: checkins * 41_250,
    wait_minutes: distribution(checkins, wait),
    stay_minutes: distribution(Math.round(checkins * 0.91), stay),
  };
}

function money(scale, random) {
  const billed = Math.round(scale * (0.9 + random() * 0.2)) * 100;
  const insurance = Math.round(billed * 0.68);
  const bills = Math.max(2, Math.round(scale / 900));
  const paid = Math.round(bills * (0.7 + random() * 0.15));
  return {
    billed_cents: billed,
    insurance_cents: insurance,
    patient_cents: billed - insurance,
    paid_cents: Math.round(billed * 0.74),
    paid_bills: paid,
    pending_bills: bills - paid,
    claims: Math.round(bills * 0.8),
    claimed_cents: insurance,
    covered_cents: Math.round(insurance * (0.75 + random() * 0.2)),
  };
}

function addDay(hospital, ms) {
  const { departments, random } = hospital;
  const window = dayWindow(ms);
  const factor = weekdayFactor(ms);
  let all = 0;
  departments.forEach((department, i) => {
    const checkins = Math.round((i === 0 ? 420 : 90 + 33 * (i % 7)) * factor * (0.85 + random() * 0.3));
    all += checkins;
    hospital.put('department:1d', { family: 'department', dims: { department }, window }, dayValues(checkins, random, 14 + 6 * (i % 5), 95 + 22 * (i % 6)));
    addMoney(hospital, { department }, window, checkins * kBilledOfCheckin);
  });
  const values = dayValues(all, random, 22, 140);
  const fresh = Math.round(values.distinct_patients * (0.3 + random() * 0.1));
  hospital.put('hospital:1d', { family: 'hospital', dims: {}, window }, { ...values, new_patients: fresh, returning_patients: values.distinct_patients - fresh });
  addMoneyByOthers(hospital, window, all * kBilledOfCheckin);
  addAccess(hospital, window, Math.round(420 * factor));
  addQuality(hospital, 'quality:1d', window, all);
  addReview(hospital, window, Math.round(24 * factor + random() * 8));
}

function addMoney(hospital, dims, window, scale) {
  const values = money(scale, hospital.random);
  if (dims.treatment_code) for (const name of Object.keys(values)) if (name !== 'billed_cents') values[name] = 0;
  hospital.put('finance:1d', { family: 'finance', dims, window }, values);
}

/** What departments bill, by payer, and most of it by treatment. */
function addMoneyByOthers(hospital, window, billed) {
  for (const [name, list, share] of [['payer', kPayers, 1], ['treatment_code', kTreatments, 0.8]]) {
    const weights = list.map((_, i) => 1 / (i + 2));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    list.forEach((value, i) => addMoney(hospital, { [name]: value }, window, (billed * share * weights[i]) / all));
  }
}

function addAccess(hospital, window, visits) {
  const share = (part) => Math.round(visits * part * (0.8 + hospital.random() * 0.4));
  const values = { visits, room_over_60: share(0.08), lwbs: share(0.03), boarding_over_240: share(0.04), stay_over_480: share(0.03), any: share(0.14), excluded: share(0.02), stay_over_240: share(0.09) };
  hospital.put('access:1d', { family: 'access', dims: { department: 'Emergency' }, window }, values);
}

function addQuality(hospital, topic, window, records) {
  for (const [s, source] of kSources.entries()) {
    for (const [r, rule] of kRules.entries()) {
      const evaluated = Math.round((records * (s === 0 ? 8 : 2)) / (1 + (r % 3)));
      const failed = r % 4 === 3 ? Math.round(evaluated * 0.004 * hospital.random() * (s + 1)) : r === 5 ? Math.round(evaluated * 0.002) : 0;
      hospital.put(topic, { family: 'quality', dims: { source, rule }, window }, { evaluated, failed });
    }
  }
}

function addReview(hospital, window, entered) {
  const [invalid, failed, rejected, late] = [0.06, 0.04, 0.05, 0.02].map((share) => Math.round(entered * share));
  const open = Math.floor(entered * 0.1);
  const converted = entered - invalid - failed - rejected - late - open;
  const reached = [entered, entered - invalid, entered - invalid - late, entered - invalid - late - failed, converted];
  const steps = ['data.uploaded', 'data.validated', 'analysis.started', 'analysis.completed', 'review.completed'];
  hospital.put(
    'funnel:1d',
    { family: 'funnel', dims: { funnel: 'review', department: 'all' }, window },
    {
      steps,
      entered,
      reached,
      converted,
      exited: { 'data.invalid': invalid, 'analysis.failed': failed, 'review.rejected': rejected },
      timed_out: late,
      open,
      minutes_to_step: [null, ...reached.slice(1).map((n, i) => distribution(n, 12 * (i + 1) ** 2))],
      minutes_to_convert: distribution(converted, 300),
    },
  );
}

function addHour(hospital, ms) {
  const window = hourWindow(ms);
  const hour = new Date(ms).getUTCHours();
  const curve = (0.35 + 0.65 * Math.max(0, Math.sin(((hour - 5) / 19) * Math.PI))) * weekdayFactor(ms);
  hospital.departments.forEach((department, i) => {
    const checkins = Math.round((i === 0 ? 60 : 14 + 4 * (i % 4)) * curve * (0.7 + hospital.random() * 0.6));
    hospital.put('department:1h', { family: 'department', dims: { department }, window }, dayValues(checkins, hospital.random, 18, 120));
  });
  addQuality(hospital, 'quality:1h', window, 40);
}

function addPatients(hospital) {
  for (const [a, age] of kAges.entries()) {
    for (const [g, gender] of ['F', 'M', 'Other'].entries()) {
      for (const [c, city] of kCities.entries()) {
        const patients = Math.round((400 - 40 * Math.abs(a - 3)) / (g === 2 ? 40 : 1) / (c + 1));
        if (patients === 0) continue;
        const visits = distribution(patients, 2);
        const returning = Math.round(patients * 0.55);
        const dims = { age_group: age, gender, city };
        hospital.put('patients', { family: 'patients', dims, window: null }, { patients, visits: visits.sum, returning, visits_per_patient: visits });
      }
    }
  }
}

function addMonths(hospital) {
  for (let back = 0; back < 3; back += 1) {
    const day = new Date(hospital.nowMs);
    const start = Date.UTC(day.getUTCFullYear(), day.getUTCMonth() - back, 1);
    const end = Date.UTC(day.getUTCFullYear(), day.getUTCMonth() - back + 1, 1);
    kFacilities.forEach((facility, i) => {
      const encounters = 2400 - 500 * i - 90 * back;
      const values = { encounters, claims: Math.round(encounters * 0.8), claimed_cents: encounters * 88_000, covered_cents: encounters * 70_000 };
      hospital.put('organization:month', { family: 'organization', dims: { facility }, window: { size: 'month', start: utc(start), end: utc(end) } }, values);
    });
  }
}

/** Everything but the day and the hour that are running, whose numbers come from arrivals. */
export function addHistory(hospital) {
  const { nowMs, days } = hospital;
  for (let back = 1; back < days; back += 1) addDay(hospital, nowMs - back * kDayMs);
  for (let back = 5; back < Math.min(days * 24, 190); back += 1) addHour(hospital, nowMs - back * kHourMs);
  const today = dayWindow(nowMs);
  hospital.departments.forEach((department, i) => addMoney(hospital, { department }, today, 29000 + 2900 * (i % 7)));
  addMoneyByOthers(hospital, today, hospital.departments.reduce((sum, _, i) => sum + 29000 + 2900 * (i % 7), 0));
  addAccess(hospital, today, 40);
  addQuality(hospital, 'quality:1d', today, 60);
  addQuality(hospital, 'quality:1h', hourWindow(nowMs), 20);
  addReview(hospital, today, 12);
  addPatients(hospital);
  addMonths(hospital);
  const inputs = { ed_patients: 24, ed_beds: 30, hospital_beds: 300, boarding: 5, ventilated: 1, longest_admit_wait_minutes: 131, last_roomed_ms: nowMs - 200_000, last_roomed_wait_minutes: 34 };
  hospital.put('crowding', { family: 'crowding', dims: {}, window: null }, { inputs, score: 79, band: ['very busy'] });
}
