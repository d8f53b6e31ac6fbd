// Navigation, and what a view can be changed by: range, departments, full screen, wall.
import { compareNames } from '../format.mjs';
import { addDays } from '../model/span.mjs';
import { kPages, pageOf, viewOn, writeAddress } from '../router.mjs';
import { byId, keyed, make, setAttribute, setText } from './dom.mjs';

const kHourWords = { '3h': 'Last 3 hours', '12h': 'Last 12 hours', '24h': 'Last 24 hours' };
const kDayWords = {
  today: 'Today',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
  '365d': 'Last 12 months',
  custom: 'Dates …',
};

export class Toolbar {
  #onView;
  #view = null;
  #today = null;
  #links = new Map();
  #range = byId('range');
  #dates = byId('range-dates');
  #filter = byId('departments');
  #choices = byId('department-choices');
  #names = [];
  #shownPage = null;

  constructor(onView) {
    this.#onView = onView;
    for (const { id, title } of kPages) {
      const link = make('a', { 'data-page': id }, title);
      byId('nav').append(link);
      this.#links.set(id, link);
    }
    this.#range.addEventListener('change', () => this.#chooseRange(this.#range.value));
    for (const id of ['from', 'to']) byId(id).addEventListener('change', () => this.#chooseDates());
    byId('departments-all').addEventListener('click', () => this.#onView({ ...this.#view, departments: [] }));
    document.addEventListener('click', ({ target }) => {
      if (!this.#filter.contains(target)) this.#filter.open = false;
    });
    this.#filter.addEventListener('keydown', ({ key }) => {
      if (key !== 'Escape' || !this.#filter.open) return;
      this.#filter.open = false;
      this.#filter.querySelector('summary').focus();
    });
    byId('wall').addEventListener('click', () => this.#onView({ ...this.#view, isWall: true }));
    const fullScreen = byId('full-screen');
    fullScreen.hidden = !document.fullscreenEnabled;
    fullScreen.addEventListener('click', () =>
      document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen(),
    );
    document.addEventListener('fullscreenchange', () =>
      setAttribute(fullScreen, 'aria-pressed', String(Boolean(document.fullscreenElement))),
    );
    addEventListener('resize', () => this.#showLink(this.#shownPage));
    byId('print').addEventListener('click', () => print());
  }

  #chooseRange(name) {
    if (name !== 'custom') return this.#onView({ ...this.#view, range: name });
    const to = this.#today ?? new Date().toISOString().slice(0, 10);
    this.#onView({ ...this.#view, range: { from: addDays(to, -13), to } });
  }

  #chooseDates() {
    const [from, to] = [byId('from').value, byId('to').value];
    if (from && to && from <= to) this.#onView({ ...this.#view, range: { from, to } });
  }

  showView(view) {
    this.#view = view;
    const page = pageOf(view.page);
    for (const [id, link] of this.#links) {
      setAttribute(link, 'href', writeAddress(viewOn(view, id)));
      if (id === view.page) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    if (view.page !== this.#shownPage) this.#showLink(view.page);
    this.#shownPage = view.page;
    const words = page.hours ? kHourWords : page.days ? kDayWords : {};
    const value = view.range?.from ? 'custom' : view.range;
    byId('range-part').hidden = !view.range;
    if (view.range) {
      this.#range.replaceChildren(...Object.entries(words).map(([id, title]) => make('option', { value: id }, title)));
      this.#range.value = value;
    }
    this.#dates.hidden = value !== 'custom';
    if (value === 'custom') for (const id of ['from', 'to']) byId(id).value = view.range[id];
    this.#filter.hidden = !page.departments;
    byId('wall').hidden = page.id !== 'live';
    this.#showChoices();
  }

  /** Where the pages do not fit beside each other, the one that is shown is among those in sight. */
  #showLink(page) {
    const link = this.#links.get(page);
    link.parentElement.scrollLeft = link.offsetLeft - (innerWidth - link.offsetWidth) / 2;
  }

  /** The departments there are, and the zone that dates and times are of. */
  showContext({ store, zone, today }) {
    this.#today = today;
    setText(byId('zone'), zone.label);
    const names = store.cells('census').map(({ dims }) => dims.department).sort(compareNames);
    if (names.join('\n') === this.#names.join('\n')) return;
    this.#names = names;
    this.#showChoices();
  }

  #showChoices() {
    const chosen = new Set(this.#view.departments);
    const words = chosen.size === 0 ? 'All departments' : chosen.size === 1 ? [...chosen][0] : `${chosen.size} departments`;
    setText(byId('departments-words'), words);
    keyed(
      this.#choices,
      [...new Set([...this.#names, ...chosen])].sort(compareNames),
      (name) => name,
      (name) => this.#makeChoice(name),
      (node, name) => {
        node.box.checked = chosen.has(name);
      },
    );
  }

  #makeChoice(name) {
    const box = make('input', { type: 'checkbox' });
    box.addEventListener('change', () => {
      const others = this.#view.departments.filter((one) => one !== name);
      this.#onView({ ...this.#view, departments: box.checked ? [...others, name].sort(compareNames) : others });
    });
    return Object.assign(make('label', {}, box, make('span', {}, name)), { box });
  }
}
