// The data review: how far uploads came in a range of days, by which doors they left, and how long analysis took.
import { kLoading, known, none, whenLoaded } from './datum.mjs';
import { funnelOf } from './funnel.mjs';
import { dateOf, isWithin, shortDate } from './span.mjs';
import { overTime, ratio, sumCells } from './sums.mjs';

export const kTopics = ['funnel:1d'];
const kWhyNone = 'nothing was uploaded in this range';
const kAnalysed = 'analysis.completed';

const isReview = ({ dims }) => dims.funnel === 'review' && dims.department === 'all';

export function reviewModel({ store, span, answers }) {
  const parts = ['funnel', 'days', 'entered', 'converted', 'open', 'timed_out', 'exited', 'success', 'to_analysis', 'to_review'];
  if (!span) return Object.fromEntries(parts.map((name) => [name, kLoading]));
  const whole = whenLoaded(store, kTopics, () => ({ kind: 'cells' }));
  const cells = store.cells('funnel:1d').filter((cell) => isReview(cell) && isWithin(span, dateOf(cell)));
  const sum = (pick) => (whole.kind === 'loading' ? whole : sumCells(cells, pick, kWhyNone));
  const done = (values) => values.entered - values.open;
  const timed = answers.range.kind === 'value' ? answers.range.body.cells.find(isReview) : undefined;
  const noTime = (answer) => (answer.kind === 'value' ? none('nothing has got that far') : answer);
  const minutes = (distribution) => (distribution?.n > 0 ? { ...known(distribution.p50), p90: distribution.p90, cells } : noTime(answers.range));
  return {
    funnel: whole.kind === 'loading' ? whole : cells.length === 0 ? none(kWhyNone) : withMinutes(funnelOf(cells), timed),
    days: whole.kind === 'loading' ? whole : overTime(cells, days),
    entered: sum(({ entered }) => entered),
    converted: sum(({ converted }) => converted),
    open: sum(({ open }) => open),
    timed_out: sum((values) => values.timed_out),
    exited: sum(({ exited }) => Object.values(exited).reduce((all, count) => all + count, 0)),
    success: ratio(sum(({ converted }) => converted), sum(done), kWhyNone),
    to_analysis: minutes(timed?.values.minutes_to_step?.[timed.values.steps.indexOf(kAnalysed)]),
    to_review: minutes(timed?.values.minutes_to_convert),
  };
}

/** The server's distributions of the whole range: they do not add up from days. */
function withMinutes(funnel, timed) {
  const steps = funnel.steps.map((step, i) => ({ ...step, minutes: timed?.values.minutes_to_step?.[i] ?? step.minutes }));
  return { ...funnel, steps };
}

function days(cells) {
  const rows = cells.map((cell) => {
    const { entered, converted, exited, timed_out: timedOut, open } = cell.values;
    const failed = Object.values(exited).reduce((sum, count) => sum + count, 0);
    return { date: dateOf(cell), name: shortDate(dateOf(cell)), entered, converted, exited, failed, timedOut, open };
  });
  const doors = [...new Set(rows.flatMap(({ exited }) => Object.keys(exited)))].sort();
  return rows.length > 0 ? { kind: 'value', rows, doors } : none(kWhyNone);
}
