// Check-ins a minute by department: the chart, the departments to choose from, and the table behind it.
import { Chart, SeriesLooks, linesOverTime, themeName } from '../charts.mjs';
import { csv, formatCount, formatRate, kNoValue } from '../format.mjs';
import { byId, keyed, make, setAttribute, setText, wordsFor } from './dom.mjs';
import { RestatedMark } from './restated.mjs';
import { markRestated } from './table.mjs';

/** More lines than this cannot be told apart: the largest departments are shown until the viewer chooses others. */
const kShownAtFirst = 8;
const kSvg = 'http://www.w3.org/2000/svg';

export class Arrivals {
  #chart;
  #chartNode = byId('arrivals-chart');
  #legend = byId('arrivals-legend');
  #plot = byId('arrivals-plot');
  #tools = byId('arrivals-tools');
  #empty = byId('arrivals-empty');
  #table = byId('arrivals-table');
  #restated = new RestatedMark('Check-ins a minute');
  #looks = new SeriesLooks();
  #chosen = new Map(); // department -> shown or not, where the viewer said so
  #showsTable = false;
  #latest = null; // {data, zone}

  constructor() {
    this.#chart = new Chart(this.#chartNode, (shown, tokens) => this.#lines(shown, tokens));
    const table = make('button', { type: 'button', class: 'quiet', 'aria-pressed': 'false' }, 'Table');
    table.addEventListener('click', () => {
      this.#showsTable = !this.#showsTable;
      setAttribute(table, 'aria-pressed', String(this.#showsTable));
      this.#show();
    });
    const download = make('button', { type: 'button', class: 'quiet' }, 'CSV');
    download.addEventListener('click', () => this.#download());
    this.#tools.append(this.#restated.node, table, download);
    document.documentElement.addEventListener('themechange', () => this.#show());
  }

  update(data, zone) {
    this.#latest = { data, zone };
    this.#show();
  }

  #show() {
    if (!this.#latest) return;
    const { data, zone } = this.#latest;
    const isThere = data.kind === 'value';
    this.#empty.hidden = isThere;
    this.#tools.hidden = !isThere;
    this.#plot.hidden = !isThere || this.#showsTable;
    this.#table.hidden = !isThere || !this.#showsTable;
    if (!isThere) return setText(this.#empty, `${kNoValue} ${wordsFor(data)}`);
    this.#showLegend(data);
    const named = ({ minute, department, before, after }) => ({ row: zone.time(minute), column: department, before: formatCount(before), after: formatCount(after) });
    this.#restated.update(data.restated.map(named));
    if (this.#showsTable) this.#showTable();
    else
      this.#chart.show({
        zone: zone.label,
        minutes: data.minutes,
        restated: data.restated.map(({ minute }) => minute),
        series: data.series.filter((one, i) => this.#isShown(one.department, i)),
      });
  }

  #isShown(department, place) {
    return this.#chosen.get(department) ?? place < kShownAtFirst;
  }

  #showLegend({ series, minutes }) {
    keyed(
      this.#legend,
      series,
      ({ department }) => department,
      (one) => this.#makeLegendItem(one.department),
      (node, { department, means }, place) => {
        const { color, dash } = this.#looks.of(department, themeName());
        setAttribute(node.line, 'stroke', color);
        setAttribute(node.line, 'stroke-dasharray', dash === 'solid' ? 'none' : dash.join(' '));
        setAttribute(node, 'aria-pressed', String(this.#isShown(department, place)));
        setText(node.mean, formatRate(means.at(-1)));
      },
    );
    const { zone } = this.#latest;
    const now = series.map(({ department, means }) => `${department} ${formatRate(means.at(-1))}`).join(', ');
    const span = `from ${zone.time(minutes[0])} to ${zone.time(minutes.at(-1))}`;
    setAttribute(
      this.#chartNode,
      'aria-label',
      `Line chart of check-ins a minute by department, ${span}. Now: ${now}.`,
    );
  }

  #makeLegendItem(department) {
    const line = document.createElementNS(kSvg, 'line');
    Object.entries({ x1: 0, y1: 6, x2: 28, y2: 6, 'stroke-width': 2.5 }).forEach(([name, value]) =>
      line.setAttribute(name, value),
    );
    const swatch = document.createElementNS(kSvg, 'svg');
    Object.entries({ viewBox: '0 0 28 12', 'aria-hidden': 'true' }).forEach(([name, value]) =>
      swatch.setAttribute(name, value),
    );
    swatch.append(line);
    const mean = make('span', { class: 'value' });
    const node = make(
      'button',
      { type: 'button', class: 'legend-item' },
      swatch,
      make('span', { class: 'name' }, department),
      mean,
    );
    node.addEventListener('click', () => {
      this.#chosen.set(department, node.getAttribute('aria-pressed') !== 'true');
      this.#show();
    });
    return Object.assign(node, { line, mean });
  }

  #lines({ minutes, series, restated }, tokens) {
    const lines = series.map(({ department, means }) => {
      return { name: department, values: means, look: this.#looks.of(department, themeName()) };
    });
    return linesOverTime({ times: minutes, lines, marks: restated, zone: this.#latest.zone }, tokens);
  }

  #rows() {
    const { data, zone } = this.#latest;
    const rows = data.minutes.map((minute, i) => [minute, ...data.series.map(({ counts }) => counts[i])]);
    return { heads: data.series.map(({ department }) => department), rows: rows.reverse(), zone };
  }

  #showTable() {
    const { heads, rows, zone } = this.#rows();
    if (!this.#table.firstChild) this.#table.append(make('table', {}, make('thead', {}, make('tr')), make('tbody')));
    const before = new Map(this.#latest.data.restated.map((one) => [`${one.minute} ${one.department}`, formatCount(one.before)]));
    const [head, body] = this.#table.firstChild.children;
    keyed(
      head.firstChild,
      ['Minute', ...heads],
      (name) => name,
      (name) => make('th', { scope: 'col' }, name),
      () => {},
    );
    keyed(
      body,
      rows,
      ([minute]) => minute,
      ([minute]) => make('tr', {}, make('th', { scope: 'row' }, zone.time(minute))),
      (node, [minute, ...counts]) => {
        counts.forEach((count, i) => {
          const cell = node.children[i + 1] ?? node.appendChild(make('td'));
          setText(cell, formatCount(count));
          markRestated(cell, before.get(`${minute} ${heads[i]}`));
        });
        while (node.children.length > counts.length + 1) node.lastChild.remove(); // of departments that are not shown any more
      },
    );
  }

  #download() {
    if (this.#latest?.data.kind !== 'value') return;
    const { heads, rows } = this.#rows();
    const lines = rows.map(([minute, ...counts]) => [new Date(minute).toISOString(), ...counts]);
    const url = URL.createObjectURL(new Blob([csv([['minute_start_utc', ...heads], ...lines])], { type: 'text/csv' }));
    make('a', { href: url, download: 'check-ins-a-minute.csv' }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}
