// Distributions that remember their minutes, so that they can be merged as the real ones are.

const minutesOf = new WeakMap(); // distribution -> [[minute, count]]

function nearestRank(minutes, n, percent) {
  let seen = 0;
  return minutes.find(([, count]) => (seen += count) * 100 >= n * percent)?.[0] ?? null;
}

export function distributionOf(minutes) {
  const sorted = [...minutes].sort(([a], [b]) => a - b);
  const n = sorted.reduce((sum, [, count]) => sum + count, 0);
  const made = {
    n,
    sum: sorted.reduce((sum, [minute, count]) => sum + minute * count, 0),
    max: sorted.at(-1)?.[0] ?? null,
    ...Object.fromEntries([50, 90, 95].map((percent) => [`p${percent}`, nearestRank(sorted, n, percent)])),
  };
  minutesOf.set(made, sorted);
  return made;
}

/** Half of the n within `p50`, the rest in a long tail. */
export function distribution(n, p50) {
  const at = (share) => Math.round(p50 * (0.4 + 1.2 * share + 2.4 * share ** 6));
  const minutes = new Map();
  for (let i = 0; i < n; i += 1) {
    const minute = at((i + 0.5) / n);
    minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
  }
  return distributionOf(minutes);
}

export const minutesIn = (one) => minutesOf.get(one) ?? [];
const isDistribution = (value) => value !== null && typeof value === 'object' && 'n' in value && 'p50' in value;

/** Values of several cells as those of one. */
export function addValues(list) {
  const [first] = list;
  if (list.some((value) => value === null || value === undefined)) {
    const there = list.filter((value) => value !== null && value !== undefined);
    return there.length === 0 ? null : addValues(there);
  }
  if (typeof first === 'number') return list.reduce((sum, value) => sum + value, 0);
  if (isDistribution(first)) {
    const minutes = new Map();
    for (const [minute, count] of list.flatMap(minutesIn)) minutes.set(minute, (minutes.get(minute) ?? 0) + count);
    return distributionOf(minutes);
  }
  if (Array.isArray(first)) return typeof first[0] === 'string' ? first : first.map((_, i) => addValues(list.map((one) => one[i])));
  if (typeof first !== 'object') return first;
  const names = [...new Set(list.flatMap((one) => Object.keys(one)))];
  return Object.fromEntries(names.map((name) => [name, addValues(list.map((one) => one[name]))]));
}

/** The same values with `minutes` in each distribution, as `histogram=1` gives them. */
export function withMinutes(value) {
  if (value === null || typeof value !== 'object') return value;
  if (isDistribution(value)) return { ...value, minutes: minutesIn(value) };
  if (Array.isArray(value)) return value.map(withMinutes);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withMinutes(one)]));
}
