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
