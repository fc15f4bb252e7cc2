import timers from 'node:timers/promises';

/** A clock that the test drives; `release` gives the real one back. */
export interface DrivenClock {
  advance(ms: number): Promise<void>;
  release(): void;
}

const EVERYTHING_ELSE = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
] as const;

/**
 * What the process does at intervals happens when the test says so; all else takes its course. Call it
 * before the host starts: an interval that runs already is not held.
 */
export function driveIntervals(): DrivenClock {
  jest.useFakeTimers({ doNotFake: [...EVERYTHING_ELSE] });
  return {
    advance: async (ms) => {
      await jest.advanceTimersByTimeAsync(ms);
    },
    release: () => jest.useRealTimers(),
  };
}

/** `performance.now()` stands still and moves only when the test says so: for bounds to the millisecond. */
export function holdMonotonicClock(): DrivenClock {
  let now = Math.ceil(performance.now());
  const spy = jest.spyOn(performance, 'now').mockImplementation(() => now);
  return {
    advance: async (ms) => {
      now += ms;
    },
    release: () => spy.mockRestore(),
  };
}

/** `performance.now()`, by which the process measures ages and deadlines, is as far ahead as the test says. */
export function driveMonotonicClock(): DrivenClock {
  const real = performance.now.bind(performance);
  let ahead = 0;
  const spy = jest.spyOn(performance, 'now').mockImplementation(() => real() + ahead);
  return {
    advance: async (ms) => {
      ahead += ms;
    },
    release: () => spy.mockRestore(),
  };
}

/**
 * Timers (`setTimeout`) of so many milliseconds and more go by the test; shorter ones take their
 * course. Call it before what sets them.
 */
export function driveTimeouts(fromMs: number): DrivenClock & { readonly held: number } {
  const real = { set: globalThis.setTimeout, clear: globalThis.clearTimeout };
  const held = new Map<unknown, { at: number; readonly run: () => void }>();
  let now = 0;
  const set = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const run = () => callback(...args);
    if (ms < fromMs) return real.set(run, ms);
    // Stands for it, and never ends by itself.
    const timer = real.set(() => undefined, 2 ** 31 - 1).unref();
    const one = { at: now + ms, run };
    held.set(timer, one);
    timer.refresh = () => {
      one.at = now + ms;
      return timer;
    };
    return timer;
  };
  const clear: typeof clearTimeout = (timer) => {
    held.delete(timer);
    real.clear(timer);
  };
  const spies = [
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(set as unknown as typeof setTimeout),
    jest.spyOn(globalThis, 'clearTimeout').mockImplementation(clear),
  ];
  return {
    get held() {
      return held.size;
    },
    advance: async (ms) => {
      now += ms;
      for (const [timer, { at, run }] of held) {
        if (at > now) continue;
        clear(timer as NodeJS.Timeout);
        run();
      }
    },
    release: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

/** Waits of `node:timers/promises` that the test drives, and how many there are. */
export interface DrivenWaits extends DrivenClock {
  /** Those that have not ended. */
  readonly held: number;
  /** Shorter ones, which took their course. */
  readonly passed: number;
}

/** Waits of so many milliseconds and more go by the test; shorter ones take their course. */
export function driveWaits(fromMs: number): DrivenWaits {
  const real = timers.setTimeout;
  const held = new Map<() => void, number>();
  let [now, passed] = [0, 0];
  const wait: typeof real = (ms = 0, value, options) => {
    if (ms < fromMs) {
      passed += 1;
      return real(ms, value, options);
    }
    return new Promise((resolve) => held.set(() => resolve(value as never), now + ms));
  };
  const spy = jest.spyOn(timers, 'setTimeout').mockImplementation(wait);
  return {
    get held() {
      return held.size;
    },
    get passed() {
      return passed;
    },
    advance: async (ms) => {
      now += ms;
      for (const [end, at] of held) {
        if (at > now) continue;
        held.delete(end);
        end();
      }
    },
    release: () => {
      spy.mockRestore();
      for (const end of held.keys()) end();
    },
  };
}
