// Departments beside each other: the days of a range added up by the server, hours from the cells held.
import { compareNames } from '../format.mjs';
import { asEarlier } from '../restated.mjs';
import { kLoading, none, whenLoaded } from './datum.mjs';
import { isWithin, weekdayOf } from './span.mjs';
import { groupBy, overTime, total } from './sums.mjs';

export const kTopics = ['department:1h', 'census'];
/** Waits longer than this miss the target of a room within the hour. */
export const kWaitTarget = 60;
export const kStayTarget = 240;
const kWeekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const kWhyNone = 'no visit of this range has been counted yet';
const kHourMs = 3_600_000;
const kTypes = ['Emergency', 'Outpatient', 'Inpatient'];
export const kVisitTypes = kTypes;

const isChosen = (view) => (cell) => view.departments.length === 0 || view.departments.includes(cell.dims.department);

/** Share of a distribution that lies above `limit`, from its minutes; null where there are none. */
export function shareOver(distribution, limit) {
  if (!distribution?.minutes || !distribution.n) return null;
  const over = total(distribution.minutes.filter(([minute]) => minute > limit).map(([, count]) => count));
  return over / distribution.n;
}

export function departmentsModel({ store, view, zone, span, today, asOfMs, answers }) {
  return {
    compare: span ? compare(answers.range, store, view, zone, span, today) : kLoading,
    heat: span ? heat(store, view, zone, span, asOfMs) : kLoading,
    flow: span ? flow(store, view, zone, span, asOfMs) : kLoading,
  };
}

function compare(answer, store, view, zone, span, today) {
  if (answer.kind !== 'value') return answer;
  const cells = answer.body.cells.filter(isChosen(view));
  const datum = overTime(cells, departmentRows);
  const hours = hoursOf(store, view, zone, span).filter(({ date }) => date < today);
  // Hours come by themselves, the answer is asked for: what it does not hold yet is not taken off it.
  const isHeld = ({ updated_at: at }) => Date.parse(at) <= Date.parse(answer.body.as_of);
  const before = datum.earlier ? null : beforeHours(cells, hours.flatMap((hour) => hour.cells.filter(isHeld)));
  return before && datum.kind === 'value' ? { ...datum, earlier: departmentRows(before).rows } : datum;
}

const kCounts = ['checkins', 'completed', 'left', 'no_show', 'admissions'];

/**
 * Cells of a range with the counts that they had before hours of its finished days changed after closing; null: none did.
 * A range that is still running has changed anyway, so its own cell does not tell.
 */
function beforeHours(cells, hours) {
  const earlier = asEarlier(hours);
  if (!earlier) return null;
  return cells.map((cell) => {
    const added = (count) =>
      total(hours.map((hour, i) => (hour.dims.department === cell.dims.department ? count(hour.values) - count(earlier[i].values) : 0)));
    const counts = kCounts.map((name) => [name, cell.values[name] - added((values) => values[name] ?? 0)]);
    const types = kTypes.map((type) => [type, (cell.values.by_visit_type?.[type] ?? 0) - added((values) => values.by_visit_type?.[type] ?? 0)]);
    return { ...cell, values: { ...cell.values, ...Object.fromEntries(counts), by_visit_type: Object.fromEntries(types) } };
  });
}

function departmentRows(cells) {
  const rows = cells
    .map(({ dims, values }) => ({
      department: dims.department,
      ...values,
      types: kTypes.map((type) => values.by_visit_type?.[type] ?? 0),
      wait_over: shareOver(values.wait_minutes, kWaitTarget),
      stay_over: shareOver(values.stay_minutes, kStayTarget),
    }))
    .sort((a, b) => b.checkins - a.checkins || compareNames(a.department, b.department));
  return rows.length > 0 ? { kind: 'value', rows } : none(kWhyNone);
}

/** Hours of the range that are held: [{date, hour, cells}] in the hospital's zone. */
function hoursOf(store, view, zone, span) {
  return store
    .windowStarts('department:1h')
    .map((start) => ({ date: zone.isoDate(start), hour: zone.hour(start), start }))
    .filter(({ date }) => isWithin(span, date))
    .map((hour) => ({ ...hour, cells: store.cellsAt('department:1h', hour.start).filter(isChosen(view)) }));
}

/** Those of them that are over: a mean by hours does not take a part of one for a whole. */
function fullHoursOf(store, view, zone, span, asOfMs) {
  return hoursOf(store, view, zone, span).filter(({ start }) => start + kHourMs <= asOfMs);
}

/** Mean arrivals by weekday and hour. The server keeps hours live for the newest eight days. */
function heat(store, view, zone, span, asOfMs) {
  return whenLoaded(store, ['department:1h'], () => overHours(fullHoursOf(store, view, zone, span, asOfMs), heatOf));
}

/** What `make` gives of the hours, now and before cells changed after closing. */
function overHours(hours, make) {
  if (hours.length === 0) return none('no hour of this range is over yet');
  const datum = make(hours);
  const isRestated = hours.some(({ cells }) => asEarlier(cells));
  return isRestated ? { ...datum, earlier: make(hours.map((hour) => ({ ...hour, cells: asEarlier(hour.cells) ?? hour.cells }))).rows } : datum;
}

function heatOf(hours) {
  const rows = groupBy(hours, ({ date, hour }) => `${weekdayOf(date)} ${hour}`).map(([key, list]) => {
    const [weekday, hour] = key.split(' ').map(Number);
    const arrivals = total(list.flatMap(({ cells }) => cells.map(({ values }) => values.checkins)));
    return { key: `${kWeekdays[weekday]} ${String(hour).padStart(2, '0')}:00`, weekday, hour, name: kWeekdays[weekday], mean: arrivals / new Set(list.map(({ start }) => start)).size };
  });
  rows.sort((a, b) => a.weekday - b.weekday || a.hour - b.hour);
  return { kind: 'value', weekdays: kWeekdays, rows };
}

const kFlows = ['checkins', 'completed', 'left', 'admissions', 'discharges'];

/** What happens in each hour of the day, as a mean of the days held. */
function flow(store, view, zone, span, asOfMs) {
  return whenLoaded(store, ['department:1h'], () => overHours(fullHoursOf(store, view, zone, span, asOfMs), flowOf));
}

function flowOf(hours) {
  const byHour = new Map(groupBy(hours, ({ hour }) => hour));
  const rows = Array.from({ length: 24 }, (_, hour) => {
    const list = byHour.get(hour);
    const mean = (name) =>
      list ? total(list.flatMap(({ cells }) => cells.map(({ values }) => values[name] ?? 0))) / list.length : null;
    return { hour, ...Object.fromEntries(kFlows.map((name) => [name, mean(name)])) };
  });
  return { kind: 'value', rows, days: new Set(hours.map(({ date }) => date)).size };
}
