import { Injectable } from '@nestjs/common';
import type { Job, Wing } from '../foundation/wing.js';
import { Reconciliation } from './reconciliation/reconciliation.service.js';
import { RevocationService } from './revocation/revocation.service.js';

const EVERY_MS = 5_000;

/** What was ended here is ended at the provider; what was ended there is found out. */
@Injectable()
export class LifecycleWing implements Wing {
  constructor(
    private readonly revocations: RevocationService,
    private readonly reconciliation: Reconciliation,
  ) {}

  jobs(): readonly Job[] {
    return [
      {
        name: 'reconcile',
        everyMs: EVERY_MS,
        when: 'ours',
        run: () => this.reconciliation.tick(),
      },
      { name: 'revoke', everyMs: EVERY_MS, when: 'ours', run: () => this.revocations.run() },
    ];
  }

  async settled(): Promise<void> {
    await Promise.all([this.revocations.settled(), this.reconciliation.settled()]);
  }
}
