// What token endpoints do on a bad day.

/** Share of the calls, and what happens to them. Where nothing is committed nothing can be lost. */
const HARMLESS = [
  [0.03, { kind: 'delay', ms: 300 }],
  [0.01, { kind: 'delay', ms: 900 }],
  [0.01, { kind: 'hang' }],
  [0.02, { kind: 'drop_before_commit' }],
  [0.01, { kind: 'status', status: 503, body: 'Service Unavailable' }],
  [0.01, { kind: 'html', committed: false }],
  [0.01, { kind: 'rate_limit', retryAfter: 1 }],
  [0.004, { kind: 'error', error: 'invalid_client', status: 401 }],
];

/** The token was spent and the answer is lost, or nobody can read it. */
const COSTLY = [
  [0.01, { kind: 'hang', committed: true }],
  [0.02, { kind: 'drop_after_commit' }],
  [0.015, { kind: 'truncate' }],
  [0.01, { kind: 'status', status: 502, body: 'Bad Gateway', committed: true }],
  [0.01, { kind: 'html' }],
  [0.005, { kind: 'empty_object' }],
];

/** Of the costly ones, how many a provider without any grace has: each may cost a merchant an install. */
const WITHOUT_GRACE = 0.1;
/** Of all, how many hit the exchange of a code. */
const AT_INSTALLS = 0.3;
/** In a storm. */
const STORM = [
  [0.5, { kind: 'status', status: 503, body: 'Service Unavailable' }],
  [0.3, { kind: 'drop_before_commit' }],
  [0.1, { kind: 'hang' }],
];

export class Weather {
  #storm;
  #count = 0;

  /** @param graceless providers that end a replaced refresh token at once */
  constructor(faults, random, graceless) {
    this.faults = faults;
    this.random = random;
    this.graceless = new Set(graceless);
  }

  /** How many calls have met a fault. */
  get count() {
    return this.#count;
  }

  begin() {
    for (const [share, fault] of HARMLESS) this.#add(fault, () => share);
    for (const [share, fault] of COSTLY) {
      this.#add(
        fault,
        ({ provider }) => share * (this.graceless.has(provider) ? WITHOUT_GRACE : 1),
      );
    }
    for (const [share, fault] of STORM) {
      this.#add(fault, ({ provider }) => (provider === this.#storm ? share : 0));
    }
  }

  /** Nearly nothing of this provider works until the next call; `undefined`: all is as usual. */
  storm(provider) {
    this.#storm = provider;
  }

  end() {
    this.#storm = undefined;
    this.faults.clear();
  }

  #add(fault, shareOf) {
    const on = (target) => {
      if (!target.operation.startsWith('token.')) return false;
      const share = shareOf(target) * (target.operation === 'token.code' ? AT_INSTALLS : 1);
      const hit = this.random() < share;
      if (hit) this.#count += 1;
      return hit;
    };
    this.faults.add({ on, times: Infinity, fault });
  }
}
