import { setTimeout as wait } from 'node:timers/promises';

/** Looks until `probe` gives something, at most 15 s; the deadline only bounds a failing test. */
export async function until<T>(probe: () => Promise<T | undefined>): Promise<T> {
  const giveUp = performance.now() + 15_000;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > giveUp) throw new Error('waited 15 s in vain');
    await wait(10);
  }
}
