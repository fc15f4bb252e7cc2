import { setTimeout as wait } from 'node:timers/promises';

/** Pause between two tries. */
const PAUSE_MS = 1_000;

/** For a claim that got no answer: gives it back as soon as the store answers, or lets it lapse. */
export async function untilAnswered(
  withinMs: number,
  giveBack: () => Promise<unknown>,
): Promise<void> {
  const giveUp = performance.now() + withinMs;
  while (performance.now() < giveUp) {
    await wait(PAUSE_MS, undefined, { ref: false });
    try {
      await giveBack();
      return;
    } catch {
      // The store is still away.
    }
  }
}
