// The viewer's key and the session that it is exchanged for. The key is held in memory only, so that a wall display can
// renew its session; it is in no storage, and not in the address after the page has read it.

/** The key of "#key=..."; the fragment is removed from the address and from the history. Null when there is none. */
export function takeKeyFromAddress() {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key !== null) history.replaceState(history.state, '', location.pathname + location.search);
  return key;
}

/** A request without an answer must not keep the page from trying again. */
const kAnswerWithinMs = 10_000;

export class Session {
  #key;

  constructor(key) {
    this.#key = key;
  }

  use(key) {
    this.#key = key.trim();
  }

  /** 'open', 'refused' (a key is needed, or this one is not good) or 'unreachable' (to be tried again). */
  async open() {
    if (!this.#key) return this.#probe();
    const answer = await request('/session', { method: 'POST', headers: { 'X-API-Key': this.#key } });
    if (answer === 'refused') this.#key = null; // it will not get better
    return answer;
  }

  /** Whether the cookie of an earlier visit is still good. */
  #probe() {
    return request('/api/v1/cells?family=task');
  }
}

/** Not what a proxy answers while the server behind it is away: that is no reason to forget the key. */
const isRefusal = ({ status, headers }) => status === 401 || (status === 403 && headers.get('Content-Type')?.startsWith('application/problem+json'));

async function request(path, options = {}) {
  try {
    const signal = AbortSignal.timeout(kAnswerWithinMs);
    const response = await fetch(path, { ...options, credentials: 'same-origin', cache: 'no-store', signal });
    if (response.ok) return 'open';
    return isRefusal(response) ? 'refused' : 'unreachable';
  } catch {
    return 'unreachable';
  }
}
