import { setTimeout as wait } from 'node:timers/promises';

/** Looks until `probe` gives something, at most 15 s; the deadline only bounds a failing test. */
export async function until<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const giveUp = performance.now() + 15_000;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > giveUp) throw new Error('waited 15 s in vain');
    await wait(10);
  }
}

/** The error of a promise that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Record<string, unknown>;
  }
  throw new Error('expected a failure, but it succeeded');
}
