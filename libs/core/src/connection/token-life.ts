/** How long before its end a token of this life is renewed: a fifth of its life, at most 5 minutes. */
export const renewAheadMs = (lifeMs: number): number => Math.min(300_000, lifeMs * 0.2);

/** The scheduler comes a little earlier still, at a random point, so that tokens do not meet. */
export const scheduleAheadMs = (lifeMs: number): number =>
  renewAheadMs(lifeMs) * (1 + 0.5 * Math.random());
