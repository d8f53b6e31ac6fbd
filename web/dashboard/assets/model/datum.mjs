// A number as it is to be shown: known, not known yet, or not there for a reason. A zero is only ever a known zero.
import { hasValue } from '../format.mjs';

export const kLoading = Object.freeze({ kind: 'loading' });

export function none(why) {
  return { kind: 'none', why };
}

export function known(value, why = 'not reported') {
  return hasValue(value) ? { kind: 'value', value } : none(why);
}

/** Sum of what is there; none when nothing is. */
export function sumOf(values, why) {
  const there = values.filter(hasValue);
  return there.length > 0 ? known(there.reduce((sum, value) => sum + value, 0)) : none(why);
}

/** Loading until all of the topics have come; then what `make` says. */
export function whenLoaded(store, topics, make) {
  return topics.every((topic) => store.isLoaded(topic)) ? make() : kLoading;
}
