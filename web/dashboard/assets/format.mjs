// Numbers, durations and times in words. Pure. No value (null, undefined, NaN) is a dash, never a zero.

export const kNoValue = '–';

const kInteger = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const kOneDecimal = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const kPercent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });

export function hasValue(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

export function formatCount(value) {
  return hasValue(value) ? kInteger.format(value) : kNoValue;
}

/** Small rates with one decimal, larger ones without: 0.4, 9.7, 120. */
export function formatRate(value) {
  if (!hasValue(value)) return kNoValue;
  return (Math.abs(value) < 99.95 ? kOneDecimal : kInteger).format(value);
}

/** A share that is not all is never shown as 100 %, and one that is not nothing never as 0 %. */
export function formatShare(part, whole) {
  if (!hasValue(part) || !hasValue(whole) || whole === 0) return kNoValue;
  const share = part / whole;
  if (share > 0 && share < 0.005) return '<1%';
  if (share < 1 && share >= 0.995) return '>99%';
  return kPercent.format(share);
}

const kShort = new Intl.NumberFormat('en', { notation: 'compact', minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const kMoney = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const kUpToTwo = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** Money for reading at a glance: "842", "12.4K", "1.20M", in whole units of the currency. */
export function formatMoneyShort(cents) {
  if (!hasValue(cents)) return kNoValue;
  return Math.abs(cents) < 1_000_00 ? kInteger.format(cents / 100) : kShort.format(cents / 100);
}

/** Money to the cent. */
export function formatMoney(cents) {
  return hasValue(cents) ? kMoney.format(cents / 100) : kNoValue;
}

/** A number with at most two decimals: 4.31. */
export function formatDecimal(value) {
  return hasValue(value) ? kUpToTwo.format(value) : kNoValue;
}

/** A share 0..1 with one decimal: "73.5%". One that is not all is never shown as 100%, one that is not nothing never as 0%. */
export function formatRatio(value) {
  if (!hasValue(value)) return kNoValue;
  const percent = 100 * value;
  if (percent === 0 || percent === 100) return `${percent}%`;
  if (percent < 100 && percent > 99.9) return '>99.9%';
  if (percent > 0 && percent < 0.1) return '<0.1%';
  return `${kOneDecimal.format(percent)}%`;
}

/** Difference to an earlier number: "+12%", "−3%", "no change". */
export function formatChange(value, before) {
  if (!hasValue(value) || !hasValue(before) || before === 0) return '';
  const percent = Math.round((100 * (value - before)) / before);
  return percent === 0 ? 'no change' : `${percent > 0 ? '+' : '−'}${kInteger.format(Math.abs(percent))}%`;
}

/** Whole minutes: "7 min", "1 h 05 min", "2 d 3 h". */
export function formatMinutes(minutes) {
  if (!hasValue(minutes)) return kNoValue;
  if (minutes < 60) return `${kInteger.format(minutes)} min`;
  if (minutes < 48 * 60)
    return `${Math.floor(minutes / 60)} h ${String(Math.floor(minutes % 60)).padStart(2, '0')} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

/** The same for narrow columns: "7 min", "1 h 05". */
export function formatMinutesShort(minutes) {
  return formatMinutes(minutes).replace(/( h \d\d) min$/, '$1');
}

/** An age or a time to wait, to the precision that a reader needs: "8 s", "2 min 05 s", "3 h 20 min", "12 d". */
export function formatAge(ms) {
  if (!hasValue(ms)) return kNoValue;
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600)
    return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} min`;
  if (seconds < 730 * 86400) return `${kInteger.format(Math.floor(seconds / 86400))} days`;
  return `${Math.floor(seconds / (365.25 * 86400))} years`;
}

const kNames = new Intl.Collator('en', { numeric: true });

/** Order of names for readers: "Ward 2" before "Ward 10". */
export function compareNames(a, b) {
  return kNames.compare(a, b);
}

/** "a", "a and b", "a, b and c". */
export function listWords(words) {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Text as one field of a CSV file. What a spreadsheet would run as a formula is made plain text. */
function csvField(value) {
  let text = value === null || value === undefined ? '' : String(value);
  if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(rows) {
  return rows.map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}
