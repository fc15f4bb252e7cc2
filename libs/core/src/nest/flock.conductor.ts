import { Inject, Injectable, Optional } from '@nestjs/common';
import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleInit,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Deployment } from '../foundation/deployment/deployment.js';
import { coalesced } from '../foundation/fleet/coalesced.js';
import { Fleet } from '../foundation/fleet/fleet.js';
import { within } from '../foundation/time/within.js';
import type { Job, Wing } from '../foundation/wing.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import { leaseMs, RENEWAL_POLICY } from '../token/endpoint/renewal-policy.js';
import type { RenewalPolicy } from '../token/endpoint/renewal-policy.js';
import { COMMAND_MODE } from './commands/command-mode.js';
import { FLOCK_OPTIONS } from './flock.options.js';
import type { ReadFlockOptions } from './flock.options.js';
import { WINGS } from './wings.js';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Starts and stops the wings, in order. */
@Injectable()
export class FlockConductor
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly intervals: string[] = [];
  /** What others have withdrawn or stopped. */
  private readonly follow = coalesced(async () => {
    for (const wing of this.wings) await wing.follow?.();
    await this.prepare();
  });
  private prepared = false;
  /** Two claims after the stop began: the longest that a renewal with its second send can take. */
  private stopBy: number | undefined;

  constructor(
    @Inject(FLOCK_OPTIONS) private readonly read: ReadFlockOptions,
    @Inject(WINGS) private readonly wings: readonly Wing[],
    private readonly registry: ProviderRegistry,
    private readonly deployment: Deployment,
    private readonly fleet: Fleet,
    private readonly timers: SchedulerRegistry,
    @Inject(RENEWAL_POLICY) private readonly renewalPolicy: RenewalPolicy,
    @Optional() @Inject(COMMAND_MODE) private readonly command?: string,
  ) {}

  async onModuleInit(): Promise<void> {
    this.registry.report(...this.read.problems);
    this.registry.assertConfigured();
    for (const wing of this.wings) await wing.start?.({ command: this.command });
    if (this.command !== undefined) return;
    await this.follow();
    this.fleet.link?.start(() => void this.follow().catch(() => undefined));
  }

  onApplicationBootstrap(): void {
    if (this.command !== undefined) return;
    for (const wing of this.wings) wing.ready?.();
    this.every('feed', SECOND, this.follow);
    const jobs = this.wings.flatMap((wing) => wing.jobs?.() ?? []);
    for (const job of jobs.filter(({ when }) => when === 'always')) this.repeat(job);
    if (!this.read.options.background) return;
    for (const wing of this.wings) wing.work?.();
    for (const job of jobs.filter(({ when }) => when !== 'always')) this.repeat(job);
    this.repeat({ name: 'prune', everyMs: HOUR, when: 'ours', run: () => this.prune() });
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const name of this.intervals.splice(0)) {
      // The host may have ended some, or the registry all of them.
      if (this.timers.doesExist('interval', name)) this.timers.deleteInterval(name);
    }
    await this.inTime((wing) => wing.stop?.());
    await this.inTime((wing) => wing.drain?.());
  }

  async onApplicationShutdown(): Promise<void> {
    // Requests that ended only now may have left renewals and exchanges behind: each holds a token
    // that must be stored before the database closes. They end by their own deadlines.
    await this.inTime((wing) => wing.settled?.());
    for (const wing of [...this.wings].reverse()) await wing.close?.();
  }

  /** Waits for all wings, but not beyond the time that a stop may take. */
  private async inTime(work: (wing: Wing) => Promise<void> | undefined): Promise<void> {
    this.stopBy ??= performance.now() + 2 * leaseMs(this.renewalPolicy);
    const rest = Math.max(0, this.stopBy - performance.now());
    await within(rest, Promise.all(this.wings.map(async (wing) => work(wing))), () => undefined);
  }

  /** As soon as the store is ours. */
  private async prepare(): Promise<void> {
    if (!this.deployment.isOurs) {
      this.prepared = false;
      return;
    }
    if (this.prepared) return;
    for (const wing of this.wings) await wing.prepare?.();
    this.prepared = true;
  }

  private async prune(): Promise<void> {
    for (const wing of this.wings) await wing.prune?.();
  }

  private repeat({ name, everyMs, when, run }: Job): void {
    const mayRun = () => when !== 'ours' || (this.deployment.isOurs && this.prepared);
    this.every(name, everyMs, () => (mayRun() ? run() : undefined));
  }

  /** Runs of one job never overlap; a failure waits for the next run. */
  private every(name: string, ms: number, work: () => Promise<void> | undefined): void {
    let running = false;
    const timer = setInterval(() => {
      if (running) return;
      running = true;
      void Promise.resolve()
        .then(work)
        .catch(() => undefined)
        .finally(() => (running = false));
    }, ms);
    this.timers.addInterval(`nest-flock:${name}`, timer);
    this.intervals.push(`nest-flock:${name}`);
  }
}
