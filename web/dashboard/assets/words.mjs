// What ids are called on a page. An id without words is shown as it is.

const kSteps = {
  checkin: 'Arrived',
  triage: 'Triaged',
  roomed: 'In a room',
  'provider.seen': 'Seen by a clinician',
  'visit.completed': 'Completed',
  'data.uploaded': 'Uploaded',
  'data.validated': 'Found valid',
  'analysis.started': 'Analysis started',
  'analysis.completed': 'Analysed',
  'review.completed': 'Reviewed',
};
const kDoors = {
  'visit.left:lwbs': 'left without being seen',
  'visit.left:lbtc': 'left before treatment ended',
  'visit.left:ama': 'left against advice',
  'visit.left:died': 'died',
  'visit.left:transferred': 'transferred elsewhere',
  'data.invalid': 'found invalid',
  'analysis.failed': 'analysis failed',
  'review.rejected': 'rejected in review',
};
const kTargetWords = {
  room_60: 'in a room within 1 hour',
  four_hour: 'done within 4 hours',
  board_240: 'in a bed within 4 hours of the decision',
  stay_480: 'done within 8 hours',
};

export const stepWords = (id) => kSteps[id] ?? id;
export const doorWords = (id) => kDoors[id] ?? id;
export const targetWords = (id) => kTargetWords[id] ?? id;

const kCrowdingInputs = {
  ed_patients: 'Emergency patients',
  ed_beds: 'Emergency beds',
  hospital_beds: 'Hospital beds',
  boarding: 'Boarding',
  ventilated: 'Ventilated',
  longest_admit_wait_minutes: 'Longest boarding',
  last_roomed_wait_minutes: 'Last wait for a room',
};
export const crowdingWords = (id) => kCrowdingInputs[id] ?? id;

const kRules = {
  required: 'required text is there',
  gender: 'gender is one of the list',
  visit_type: 'visit type is one of the list',
  visit_status: 'status is one of the list',
  room_type: 'room type is one of the list',
  visit_end_after_start: 'visit ends after its start',
  discharge_after_admit: 'discharge after admission',
  cost_not_negative: 'cost is not negative',
  total_not_negative: 'total is not negative',
  insurance_within_total: "insurance's share within the total",
  paid_has_time: 'a paid bill has a time',
  patient_exists: 'patient was registered',
  visit_exists: 'visit is known',
  out_of_sequence: 'steps in their order',
  birth_before_registration: 'born before registration',
  range: 'number within its bounds',
};
export const ruleWords = (id) => kRules[id] ?? id;
