import { Injectable } from '@nestjs/common';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import type { Job, Wing } from '../foundation/wing.js';
import { ChangeFeed } from './change-feed.js';
import { ConnectionStatusService } from './connection-status.service.js';
import { ConnectionCache } from './connection.cache.js';

const SECOND = 1_000;

/** What memory holds of connections follows the store, and serves nothing while it is blind. */
@Injectable()
export class ConnectionWing implements Wing {
  constructor(
    private readonly cache: ConnectionCache,
    private readonly feed: ChangeFeed,
    private readonly status: ConnectionStatusService,
    private readonly metrics: FlockMetrics,
  ) {}

  start(): void {
    this.metrics.watch(() => this.cache.values());
  }

  follow(): Promise<void> {
    return this.feed.poll();
  }

  jobs(): readonly Job[] {
    // Beside the feed, which may itself be waiting for the store.
    return [{ name: 'blind', everyMs: SECOND, when: 'always', run: () => this.watchSight() }];
  }

  close(): void {
    this.cache.clear();
  }

  private watchSight(): undefined {
    if (this.status.isBlind()) this.cache.distrust();
  }
}
