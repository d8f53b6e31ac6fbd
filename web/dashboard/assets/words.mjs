// What ids are called on a page. An id without words is shown as it is.

const kSteps = {
  checkin: 'Arrived',
  triage: 'Triaged',
  roomed: 'In a room',
  'provider.seen': 'Seen by a clinician',
  'visit.completed': 'Completed',
};
const kDoors = {
  'visit.left:lwbs': 'left without being seen',
  'visit.left:lbtc': 'left before treatment ended',
  'visit.left:ama': 'left against advice',
  'visit.left:died': 'died',
  'visit.left:transferred': 'transferred elsewhere',
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
