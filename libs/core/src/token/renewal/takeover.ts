import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../../foundation/database/database.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { RENEWAL_POLICY } from '../endpoint/renewal-policy.js';
import type { RenewalPolicy } from '../endpoint/renewal-policy.js';

/** Longer than any claim has lapsed. */
const NEVER_MS = 10 * 365 * 86_400_000;

/** Every process tries to store what it holds at least so often. */
const REPLAYED_MS = 1_500;

/**
 * How long after its end another's claim is left alone, because the result may lie in a rescue file.
 * Such a file waits for the store, so the wait begins anew when the store has been away: claims lapse
 * by the store's clock also while nobody can store anything.
 */
@Injectable()
export class Takeover {
  constructor(
    private readonly database: Database,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
  ) {}

  /** Milliseconds. */
  graceMs(app: RegisteredApp): number {
    if (!app.needsPerson) return 0;
    const { rescueGraceMs } = this.policy;
    // Time for whoever holds a result to store it, and for what dead processes left to be adopted.
    const patience = Math.max(REPLAYED_MS, rescueGraceMs / 3);
    const settled = performance.now() - this.database.troubleAt > patience;
    return settled ? rescueGraceMs : NEVER_MS;
  }
}
