import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from './audit/audit.service.js';
import { DatabaseClock } from './database/database-clock.js';
import { Database } from './database/database.js';
import type { MigrationMode } from './database/database.js';
import { Deployment } from './deployment/deployment.js';
import { Fleet } from './fleet/fleet.js';
import { FOUNDATION_OPTIONS } from './foundation.options.js';
import type { FoundationOptions } from './foundation.options.js';
import { TokenTransport } from './http/token-transport.js';
import { KeySource } from './sealing/key-source.js';
import type { Job, StartMode, Wing } from './wing.js';

const CLOCK_EVERY_MS = 60_000;

/** Keys, store and whose it is, clock, transport and fleet: first to come and last to go. */
@Injectable()
export class FoundationWing implements Wing {
  constructor(
    @Inject(FOUNDATION_OPTIONS) private readonly options: FoundationOptions,
    private readonly keys: KeySource,
    private readonly database: Database,
    private readonly deployment: Deployment,
    private readonly clock: DatabaseClock,
    private readonly audit: AuditService,
    private readonly fleet: Fleet,
    @Inject(TokenTransport) private readonly transport: TokenTransport,
  ) {}

  async start({ command }: StartMode): Promise<void> {
    await this.keys.start();
    await this.database.open(this.options.database, this.migrations(command), (store) =>
      this.deployment.mayMigrate(store, command === 'adopt'),
    );
    await this.deployment.start({ mayClaim: command === undefined });
    if (command !== undefined) return;
    await this.clock.sync();
    this.database.onFollowed(() => this.fleet.hint());
  }

  async follow(): Promise<void> {
    await this.deployment.poll();
  }

  jobs(): readonly Job[] {
    const { everyMs } = this.keys;
    return [
      { name: 'clock', everyMs: CLOCK_EVERY_MS, when: 'always', run: () => this.clock.sync() },
      ...(everyMs === undefined
        ? []
        : [{ name: 'keys', everyMs, when: 'always', run: () => this.keys.reload() } as const]),
    ];
  }

  prune(): Promise<void> {
    return this.audit.prune();
  }

  async close(): Promise<void> {
    await this.transport.close();
    await this.fleet.link?.close();
    await this.database.close();
  }

  /** A command of the next release, run beside the present one, must not lock its tables. */
  private migrations(command: string | undefined): MigrationMode {
    const { migrations: wanted } = this.options;
    const leavesThem = command !== undefined && command !== 'adopt';
    return leavesThem && wanted === 'run' ? 'check' : wanted;
  }
}
