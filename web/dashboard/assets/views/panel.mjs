// A panel: title, what it shows, and its body, or words where there is none. Behind every chart there is its table.
import { Chart } from '../charts.mjs';
import { kNoValue } from '../format.mjs';
import { changesOfRows } from '../model/changes.mjs';
import { withMarks } from '../plot_marks.mjs';
import { make, setAttribute, setText, wordsFor } from './dom.mjs';
import { RestatedMark } from './restated.mjs';
import { Table, downloadCsv } from './table.mjs';

class Panel {
  #restated;
  #empty = make('p', { class: 'empty' }, 'Loading');
  #about = make('p', { class: 'about' });
  tools = make('div', { class: 'tools' });
  body = make('div', { class: 'body' });

  constructor(parent, { id, title, about = '', span = 6, rows = 1 }) {
    const heading = make('h2', { id: `${id}-title` }, title);
    this.node = make(
      'section',
      { class: 'panel', id, 'aria-labelledby': `${id}-title`, 'data-span': String(span), 'data-rows': String(rows) },
      make('header', {}, heading, this.#about, this.tools),
      this.body,
      this.#empty,
    );
    setText(this.#about, about);
    this.#restated = new RestatedMark(title);
    this.tools.append(this.#restated.node);
    parent.append(this.node);
  }

  /** What of the table's rows changed after closing: marked, and returned. */
  showChanges(columns, { rows, earlier }) {
    const changes = changesOfRows(columns, rows, earlier);
    this.#restated.update(changes);
    return changes;
  }

  /** Returns whether there is something to show. */
  showState(datum, about) {
    const isThere = datum.kind === 'value';
    this.body.hidden = !isThere;
    this.tools.hidden = !isThere;
    this.#empty.hidden = isThere;
    setAttribute(this.node, 'data-kind', datum.kind);
    if (about !== undefined) setText(this.#about, about);
    if (!isThere) setText(this.#empty, `${kNoValue} ${wordsFor(datum)}`);
    return isThere;
  }

  button(words, onClick) {
    const node = make('button', { type: 'button', class: 'quiet' }, words);
    node.addEventListener('click', onClick);
    this.tools.append(node);
    return node;
  }
}

/** A panel with a table. `columns`: as of Table. The datum holds `rows`, and as `earlier` what they were before they were restated. */
export class TablePanel extends Panel {
  #columns;
  #table;
  #datum = null;

  constructor(parent, options) {
    super(parent, options);
    this.#columns = options.columns;
    this.#table = new Table(options.title);
    // Too wide for a phone: scrolled also with the keys.
    this.body.className = 'table-wrap';
    Object.entries({ role: 'region', tabindex: '0', 'aria-label': `${options.title}, a table` }).forEach(([name, value]) =>
      this.body.setAttribute(name, value),
    );
    this.body.append(this.#table.node);
    this.button('CSV', () => downloadCsv(options.id, this.#columns, this.#datum.rows));
  }

  update(datum, about) {
    this.#datum = datum;
    if (!this.showState(datum, about)) return;
    this.#table.update(this.#columns, datum.rows, this.showChanges(this.#columns, datum));
  }
}

/**
 * A panel with a chart and the table behind it, whose columns may be made from the datum. `option(datum, tokens)` is ECharts'; `label(datum)` says in words what the
 * chart shows.
 */
export class ChartPanel extends Panel {
  #columns;
  #label;
  #plot;
  #chart;
  #table;
  #tableWrap;
  #toggle;
  #datum = null;

  constructor(parent, { columns, option, label, ...options }) {
    super(parent, options);
    this.#columns = columns;
    this.#label = label;
    this.#plot = make('div', { class: 'chart', role: 'img', id: `${options.id}-chart` });
    this.#table = new Table(options.title);
    this.#tableWrap = make(
      'div',
      { class: 'table-scroll', role: 'region', tabindex: '0', 'aria-label': `${options.title}, as a table` },
      this.#table.node,
    );
    this.#tableWrap.hidden = true;
    this.body.append(this.#plot, this.#tableWrap);
    this.#chart = new Chart(this.#plot, (datum, tokens) =>
      withMarks(option(datum, tokens), changesOfRows(this.#columnsOf(datum), datum.rows, datum.earlier), tokens),
    );
    this.#toggle = this.button('Table', () => this.#setTable(!this.#showsTable));
    setAttribute(this.#toggle, 'aria-pressed', 'false');
    this.button('CSV', () => downloadCsv(options.id, this.#columnsOf(this.#datum), this.#datum.rows));
  }

  get #showsTable() {
    return this.#toggle.getAttribute('aria-pressed') === 'true';
  }

  #columnsOf(datum) {
    return typeof this.#columns === 'function' ? this.#columns(datum) : this.#columns;
  }

  #setTable(isOn) {
    setAttribute(this.#toggle, 'aria-pressed', String(isOn));
    this.#plot.hidden = isOn;
    this.#tableWrap.hidden = !isOn;
    if (this.#datum) this.update(this.#datum);
  }

  update(datum, about) {
    this.#datum = datum;
    if (!this.showState(datum, about)) return;
    setAttribute(this.#plot, 'aria-label', this.#label(datum));
    const columns = this.#columnsOf(datum);
    const changes = this.showChanges(columns, datum);
    if (this.#showsTable) this.#table.update(columns, datum.rows, changes);
    else this.#chart.show(datum);
  }
}
