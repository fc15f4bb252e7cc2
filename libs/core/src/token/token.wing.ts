import { Inject, Injectable } from '@nestjs/common';
import { ConfiguredConnections } from '../connection/configured-connections.js';
import type { Job, StartMode, Wing } from '../foundation/wing.js';
import { CircuitService } from './endpoint/circuit.service.js';
import { Claims } from './renewal/claims.js';
import { RenewalScheduler } from './renewal/renewal.scheduler.js';
import { RenewalService } from './renewal/renewal.service.js';
import { RescueService } from './rescue/rescue.service.js';

/** Where results lie that the store refused. */
export interface TokenOptions {
  readonly rescueDir: string;
}

export const TOKEN_OPTIONS = Symbol('nest-flock:token-options');

const SECOND = 1_000;

/** Tokens are renewed, and what the store has refused is stored after all. */
@Injectable()
export class TokenWing implements Wing {
  constructor(
    @Inject(TOKEN_OPTIONS) private readonly options: TokenOptions,
    private readonly configured: ConfiguredConnections,
    private readonly circuits: CircuitService,
    private readonly claims: Claims,
    private readonly renewals: RenewalService,
    private readonly scheduler: RenewalScheduler,
    private readonly rescue: RescueService,
  ) {}

  start({ command }: StartMode): void {
    this.rescue.use(this.options.rescueDir, this.claims.owner.slice(-8));
    if (command === undefined) this.rescue.assertWritable();
  }

  /** Results that another process could not store come before any claim; what is configured has its connections. */
  async prepare(): Promise<void> {
    await this.rescue.recover();
    await this.configured.ensure();
  }

  follow(): Promise<void> {
    return this.circuits.reload();
  }

  jobs(): readonly Job[] {
    return [
      {
        name: 'rescue',
        everyMs: SECOND,
        when: 'always',
        run: () => (this.rescue.size > 0 ? this.rescue.replay() : undefined),
      },
      { name: 'adopt', everyMs: 30 * SECOND, when: 'always', run: () => this.rescue.recover() },
      { name: 'renewals', everyMs: SECOND, when: 'ours', run: () => this.scheduler.tick() },
      { name: 'circuits', everyMs: 60 * SECOND, when: 'ours', run: () => this.circuits.prune() },
    ];
  }

  stop(): Promise<void> {
    this.renewals.quiesce();
    return this.scheduler.stop();
  }

  async drain(): Promise<void> {
    await this.rescue.replay().catch(() => undefined);
  }

  settled(): Promise<void> {
    return this.renewals.settled();
  }
}
