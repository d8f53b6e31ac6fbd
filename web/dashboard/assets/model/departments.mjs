// Departments beside each other: the days of a range added up by the server, hours from the cells held.
import { compareNames } from '../format.mjs';
import { kLoading, none, whenLoaded } from './datum.mjs';
import { isWithin, weekdayOf } from './span.mjs';
import { groupBy, total } from './sums.mjs';

export const kTopics = ['department:1h', 'census'];
/** Waits longer than this miss the target of a room within the hour. */
export const kWaitTarget = 60;
export const kStayTarget = 240;
const kWeekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const kWhyNone = 'no visit of this range has been counted yet';
const kTypes = ['Emergency', 'Outpatient', 'Inpatient'];
export const kVisitTypes = kTypes;

const isChosen = (view) => (cell) => view.departments.length === 0 || view.departments.includes(cell.dims.department);

/** Share of a distribution that lies above `limit`, from its minutes; null where there are none. */
export function shareOver(distribution, limit) {
  if (!distribution?.minutes || !distribution.n) return null;
  const over = total(distribution.minutes.filter(([minute]) => minute > limit).map(([, count]) => count));
  return over / distribution.n;
}

export function departmentsModel({ store, view, zone, span, answers }) {
  return {
    compare: span ? compare(answers.range, view) : kLoading,
    heat: span ? heat(store, view, zone, span) : kLoading,
    flow: span ? flow(store, view, zone, span) : kLoading,
  };
}

function compare(answer, view) {
  if (answer.kind !== 'value') return answer;
  const cells = answer.body.cells.filter(isChosen(view));
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

/** Mean arrivals by weekday and hour. The server keeps hours live for the newest eight days. */
function heat(store, view, zone, span) {
  return whenLoaded(store, ['department:1h'], () => {
    const hours = hoursOf(store, view, zone, span);
    if (hours.length === 0) return none(kWhyNone);
    const rows = groupBy(hours, ({ date, hour }) => `${weekdayOf(date)} ${hour}`).map(([key, list]) => {
      const [weekday, hour] = key.split(' ').map(Number);
      const arrivals = total(list.flatMap(({ cells }) => cells.map(({ values }) => values.checkins)));
      return { weekday, hour, name: kWeekdays[weekday], mean: arrivals / new Set(list.map(({ start }) => start)).size };
    });
    rows.sort((a, b) => a.weekday - b.weekday || a.hour - b.hour);
    return { kind: 'value', weekdays: kWeekdays, rows };
  });
}

const kFlows = ['checkins', 'completed', 'left', 'admissions', 'discharges'];

/** What happens in each hour of the day, as a mean of the days held. */
function flow(store, view, zone, span) {
  return whenLoaded(store, ['department:1h'], () => {
    const hours = hoursOf(store, view, zone, span);
    if (hours.length === 0) return none(kWhyNone);
    const byHour = new Map(groupBy(hours, ({ hour }) => hour));
    const rows = Array.from({ length: 24 }, (_, hour) => {
      const list = byHour.get(hour);
      const mean = (name) =>
        list ? total(list.flatMap(({ cells }) => cells.map(({ values }) => values[name] ?? 0))) / list.length : null;
      return { hour, ...Object.fromEntries(kFlows.map((name) => [name, mean(name)])) };
    });
    return { kind: 'value', rows, days: new Set(hours.map(({ date }) => date)).size };
  });
}
