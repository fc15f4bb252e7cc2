import type { RenewalPolicy } from '@nest-flock/core';
import type { World } from './world.mjs';

/** Timeouts that a busy machine does not run into. */
export const PATIENT: Partial<RenewalPolicy>;

export function seeded(seed: number): () => number;
export function addWeather(world: World, random: () => number): void;
export function killAtRandom(
  world: World,
  options: {
    kills: number;
    random: () => number;
    /** Go on until every connection was in flight at a kill. Default true. */
    all?: boolean;
    report?: (progress: { inFlight: number; untouched: number }) => void;
  },
): Promise<void>;
