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

/** `performance.now()` stands still but for what the test says: a deadline is met when the test means it. */
export function stopMonotonicClock(): DrivenClock {
  let now = performance.now();
  const spy = jest.spyOn(performance, 'now').mockImplementation(() => now);
  return {
    advance: async (ms) => {
      now += ms;
    },
    release: () => spy.mockRestore(),
  };
}

/** `setTimeout` of so many milliseconds or more rings when the test says; what is shorter takes its course. */
export function driveLongTimers(longMs: number): DrivenClock {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const held = new Map<unknown, { left: number; readonly ring: () => void }>();
  const hold = (work: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) => {
    if (ms < longMs) return set(work, ms, ...given);
    // A timer all the same, which rings for nobody.
    const timer = set(() => undefined, ms).unref();
    held.set(timer, { left: ms, ring: () => work(...given) });
    return timer;
  };
  const drop = (timer: Parameters<typeof clearTimeout>[0]) => {
    held.delete(timer);
    clear(timer);
  };
  const spies = [
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(hold as typeof setTimeout),
    jest.spyOn(globalThis, 'clearTimeout').mockImplementation(drop),
  ];
  return {
    advance: async (ms) => {
      for (const [timer, one] of held) {
        one.left -= ms;
        if (one.left > 0) continue;
        held.delete(timer);
        one.ring();
      }
    },
    release: () => spies.forEach((spy) => spy.mockRestore()),
  };
}
