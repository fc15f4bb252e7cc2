import { Injectable } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import type { Counter, Histogram, Meter, ObservableResult } from '@opentelemetry/api';

export interface DeliveryBacklog {
  /** Waiting to be handled, those that are to be tried again included. */
  readonly pending: number;
  readonly dead: number;
  /** How long the oldest that is due has been waiting; seconds. */
  readonly oldestDueSeconds: number;
}

/** What the gauge of remaining lives looks at. */
export interface ServedToken {
  readonly connection: { readonly provider: string };
  readonly accessToken: string | undefined;
  /** By `performance.now()`. */
  readonly expiresAt: number;
  readonly used: boolean;
}

/**
 * Counters and histograms through the OpenTelemetry API; nothing is recorded unless the host has set
 * an SDK up. Attributes are provider, app and outcome: never an account, never a secret.
 */
@Injectable()
export class FlockMetrics {
  private readonly renewals: Counter;
  private readonly renewalDuration: Histogram;
  private readonly claimWait: Histogram;
  private readonly installs: Counter;
  private readonly security: Counter;
  private readonly circuits: Counter;
  private readonly reconciliations: Counter;
  private readonly webhooks: Counter;
  private readonly handlings: Counter;
  private readonly deliveries: Counter;
  private readonly lag: Histogram;
  backlogOfDeliveries: DeliveryBacklog = { pending: 0, dead: 0, oldestDueSeconds: 0 };
  private entries: () => Iterable<ServedToken> = () => [];
  private dueBacklogSeconds = 0;

  constructor() {
    const meter = metrics.getMeter('@nest-flock/core');
    this.renewals = meter.createCounter('flock.renewal', {
      description: 'Renewals by provider and outcome',
    });
    this.renewalDuration = meter.createHistogram('flock.renewal.duration', {
      unit: 'ms',
      description: 'Claim to commit',
    });
    this.claimWait = meter.createHistogram('flock.renewal.wait', {
      unit: 'ms',
      description: 'Time that callers waited for a renewal',
    });
    this.installs = meter.createCounter('flock.install', {
      description: 'Installs by provider and outcome',
    });
    this.security = meter.createCounter('flock.security', {
      description: 'Refused states, cross-site requests, unreadable rows and the like',
    });
    this.circuits = meter.createCounter('flock.circuit.opened');
    this.reconciliations = meter.createCounter('flock.reconcile', {
      description: 'Passes over the installs of a provider by outcome',
    });
    this.webhooks = meter.createCounter('flock.webhook.received', {
      description:
        'Webhooks by provider and outcome: accepted, duplicate, or the code of the refusal',
    });
    this.handlings = meter.createCounter('flock.delivery.handled', {
      description: 'Runs of handlers by provider, handler and outcome',
    });
    this.deliveries = meter.createCounter('flock.delivery.ended', {
      description: 'Deliveries that are done, or dead letters',
    });
    this.lag = meter.createHistogram('flock.delivery.lag', {
      unit: 'ms',
      description: 'From receiving to the begin of the last attempt',
    });
    this.observeBacklog(meter);
    meter
      .createObservableGauge('flock.token.remaining_life', {
        unit: 's',
        description: 'Shortest remaining life among tokens that were served, by provider',
      })
      .addCallback((result) => this.observeLife(result));
    meter
      .createObservableGauge('flock.renewal.backlog_age', {
        unit: 's',
        description: 'How long the oldest due renewal has been waiting',
      })
      .addCallback((result) => result.observe(this.dueBacklogSeconds));
  }

  watch(entries: () => Iterable<ServedToken>): void {
    this.entries = entries;
  }

  renewed(provider: string, outcome: string, durationMs: number): void {
    this.renewals.add(1, { provider, outcome });
    this.renewalDuration.record(durationMs, { provider, outcome });
  }

  waited(provider: string, ms: number): void {
    this.claimWait.record(ms, { provider });
  }

  installed(provider: string, outcome: string): void {
    this.installs.add(1, { provider, outcome });
  }

  securityEvent(event: string): void {
    this.security.add(1, { event });
  }

  circuitOpened(kind: string, provider: string): void {
    this.circuits.add(1, { kind, provider });
  }

  backlog(seconds: number): void {
    this.dueBacklogSeconds = seconds;
  }

  reconciled(provider: string, outcome: string): void {
    this.reconciliations.add(1, { provider, outcome });
  }

  received(provider: string, outcome: string): void {
    this.webhooks.add(1, { provider, outcome });
  }

  handled(provider: string, handler: string, outcome: string): void {
    this.handlings.add(1, { provider, handler, outcome });
  }

  deliveryEnded(provider: string, outcome: string, lagMs: number): void {
    this.deliveries.add(1, { provider, outcome });
    this.lag.record(lagMs, { provider });
  }

  deliveriesWaiting(backlog: DeliveryBacklog): void {
    this.backlogOfDeliveries = backlog;
  }

  private observeBacklog(meter: Meter): void {
    meter
      .createObservableGauge('flock.delivery.depth', {
        description: 'Deliveries by state: pending, dead',
      })
      .addCallback((result) => {
        result.observe(this.backlogOfDeliveries.pending, { state: 'pending' });
        result.observe(this.backlogOfDeliveries.dead, { state: 'dead' });
      });
    meter
      .createObservableGauge('flock.delivery.backlog_age', {
        unit: 's',
        description: 'How long the oldest due delivery has been waiting',
      })
      .addCallback((result) => result.observe(this.backlogOfDeliveries.oldestDueSeconds));
  }

  private observeLife(result: ObservableResult): void {
    const now = performance.now();
    const shortest = new Map<string, number>();
    for (const { connection, accessToken, expiresAt, used } of this.entries()) {
      if (!used || accessToken === undefined) continue;
      const seconds = Math.max(0, (expiresAt - now) / 1_000);
      const { provider } = connection;
      shortest.set(provider, Math.min(seconds, shortest.get(provider) ?? Infinity));
    }
    for (const [provider, seconds] of shortest) result.observe(seconds, { provider });
  }
}
