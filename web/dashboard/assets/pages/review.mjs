// Review: from upload over analysis to the finished review.
import { formatCount, formatMinutes, formatRatio } from '../format.mjs';
import { instantsOf } from '../model/span.mjs';
import { kTopics, reviewModel } from '../model/review.mjs';
import { columnsPlot } from '../plots.mjs';
import { Funnel } from '../views/funnel.mjs';
import { make } from '../views/dom.mjs';
import { ChartPanel } from '../views/panel.mjs';
import { addTiles } from '../views/section.mjs';
import { doorWords } from '../words.mjs';

const tile = (id, title, note, define, rest = {}) => ({ id: `review_${id}`, title, define, of: (model) => model[id], note: () => note, ...rest });
const within = ({ p90 }) => `half of them; 9 in 10 within ${formatMinutes(p90)}`;
const kTiles = [
  tile('entered', 'Uploads', 'in the range', 'Attempts of the review funnel that started in the range: uploads.'),
  tile('converted', 'Reviewed', 'all the way', 'Attempts that reached every step within 7 days.'),
  tile('success', 'Success rate', 'of those that are over', 'Reviewed out of all attempts that are no longer under way.', { format: formatRatio }),
  tile('open', 'Under way', 'may yet succeed', 'Attempts that have neither finished, failed nor run out of time.'),
  tile('exited', 'Failed', 'by one of the doors below', 'Attempts that ended: found invalid, analysis failed, rejected in review.'),
  tile('to_analysis', 'Time to analysis', '', 'From upload to the end of the analysis, in whole minutes.', { format: formatMinutes, note: within }),
];
const kWords = {
  what: 'Uploads',
  share: 'Of uploads',
  about: () => 'uploads of the range; those under way may yet reach the later steps',
  converted: 'reviewed',
  open: 'under way',
  timedOut: 'no end within 7 days',
};

export default class ReviewPage {
  static topics = kTopics;
  #tiles;
  #funnel;
  #days;
  #doors;

  constructor(root, { explain }) {
    this.#tiles = addTiles(root, 'review', 'Reviews of the range', kTiles, explain);
    const about = make('p', { class: 'about' });
    const body = make('div');
    root.append(
      make(
        'section',
        { class: 'panel', 'data-span': '7', 'aria-labelledby': 'review-funnel-title' },
        make('header', {}, make('h2', { id: 'review-funnel-title' }, 'From upload to review'), about),
        body,
      ),
    );
    this.#funnel = new Funnel(body, about, kWords);
    this.#days = this.#makeDays(root);
    this.#doors = new ChartPanel(root, {
      id: 'review-doors',
      title: 'Failures by door',
      about: 'by day of the upload',
      span: 12,
      columns: (datum) => [
        { title: 'Day', of: ({ date }) => date },
        ...(datum?.doors ?? []).map((door) => ({ title: doorWords(door), of: (row) => row.exited[door] ?? 0, format: formatCount })),
      ],
      label: ({ doors, rows }) => `Failures of ${rows.length} days by door: ${doors.map(doorWords).join(', ')}`,
      option: ({ rows, doors }, tokens) =>
        columnsPlot(
          {
            names: rows.map(({ name }) => name),
            series: doors.map((door) => ({ name: doorWords(door), stack: 'all', values: rows.map((row) => row.exited[door] ?? 0) })),
          },
          tokens,
        ),
    });
  }

  #makeDays(root) {
    const kinds = [
      ['converted', 'reviewed'],
      ['failed', 'failed'],
      ['timedOut', 'out of time'],
      ['open', 'under way'],
    ];
    return new ChartPanel(root, {
      id: 'review-days',
      title: 'Uploads by day',
      about: 'and what became of them',
      span: 5,
      columns: [
        { title: 'Day', of: ({ date }) => date },
        { title: 'Uploads', of: ({ entered }) => entered, format: formatCount },
        ...kinds.map(([id, title]) => ({ title, of: (row) => row[id], format: formatCount })),
      ],
      label: ({ rows }) => `Uploads of ${rows.length} days; last ${formatCount(rows.at(-1).entered)}`,
      option: ({ rows }, tokens) =>
        columnsPlot(
          { names: rows.map(({ name }) => name), series: kinds.map(([id, name]) => ({ name, stack: 'all', values: rows.map((row) => row[id]) })) },
          tokens,
        ),
    });
  }

  queries({ span, zone }) {
    if (!span) return {};
    const { from, to } = instantsOf(span, zone);
    return { range: `/api/v1/cells?family=funnel&window=1d&funnel=review&department=all&merge=time&from=${from}&to=${to}` };
  }

  update(context) {
    const model = reviewModel(context);
    this.#tiles.update(model);
    this.#funnel.update({ ...model, zone: context.zone });
    this.#days.update(model.days);
    this.#doors.update(model.days);
  }
}
