// The address says what is looked at: page, range, departments, wall. Pure, so that a link is the view and nothing more.

export const kPages = [
  { id: 'live', title: 'Live', hours: true, departments: true },
  { id: 'executive', title: 'Executive', days: true },
  { id: 'departments', title: 'Departments', days: true, departments: true },
  { id: 'finance', title: 'Finance', days: true, departments: true },
  { id: 'patients', title: 'Patients', days: true },
  { id: 'review', title: 'Review', days: true },
  { id: 'quality', title: 'Data quality', days: true },
  { id: 'system', title: 'System' },
  { id: 'public', title: 'Public', isPublic: true },
];
export const kHours = { '3h': 3, '12h': 12, '24h': 24 };
/** Local days, the one that is running included. */
export const kDays = { today: 1, '7d': 7, '30d': 30, '90d': 90, '365d': 365 };
const kDefaultHours = '3h';
const kDefaultDays = '30d';
const kDate = /^\d{4}-\d\d-\d\d$/;

export function pageOf(id) {
  return kPages.find((page) => page.id === id) ?? kPages[0];
}

function isDate(text) {
  if (!kDate.test(text ?? '')) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text);
}

/**
 * {page, range, departments, isWall}. `range` is a name of kHours or kDays, or {from, to} with local dates, both
 * included. What the address gets wrong is left out, never guessed.
 */
export function readAddress({ pathname, search }) {
  const words = new URLSearchParams(search);
  const page = pathname === '/dashboard' ? pageOf('public') : pageOf(words.get('page'));
  return {
    page: page.id,
    range: readRange(page, words),
    departments: page.departments ? [...new Set(words.getAll('department'))].filter((name) => name !== '') : [],
    isWall: page.id === 'live' && words.get('wall') === '1',
  };
}

function readRange(page, words) {
  const [from, to, name] = [words.get('from'), words.get('to'), words.get('range')];
  if (page.hours) return Object.hasOwn(kHours, name ?? '') ? name : kDefaultHours;
  if (!page.days) return null;
  if (isDate(from) && isDate(to) && from <= to) return { from, to };
  return Object.hasOwn(kDays, name ?? '') ? name : kDefaultDays;
}

/** The address of a view; what is the default is left out. */
export function writeAddress({ page, range = null, departments = [], isWall = false }) {
  const words = new URLSearchParams();
  if (page !== kPages[0].id) words.set('page', page);
  if (range?.from) {
    words.set('from', range.from);
    words.set('to', range.to);
  } else if (range && range !== kDefaultHours && range !== kDefaultDays) {
    words.set('range', range);
  }
  for (const name of departments) words.append('department', name);
  if (isWall) words.set('wall', '1');
  const text = words.toString();
  return text ? `/?${text}` : '/';
}

/** The view that a link to another page leads to: what both pages have stays. */
export function viewOn(view, id) {
  const [from, to] = [pageOf(view.page), pageOf(id)];
  return {
    page: id,
    range: from.days && to.days ? view.range : to.days ? kDefaultDays : to.hours ? kDefaultHours : null,
    departments: to.departments ? view.departments : [],
    isWall: false,
  };
}
