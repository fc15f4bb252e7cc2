import { setTimeout as wait } from 'node:timers/promises';

/** Asks until the answer is true; fails loudly after `deadlineMs`. */
export async function poll(ask, what, deadlineMs = 30_000) {
  const giveUp = performance.now() + deadlineMs;
  while (!(await ask())) {
    if (performance.now() > giveUp) throw new Error(`Waited in vain for ${what}.`);
    await wait(10);
  }
}
