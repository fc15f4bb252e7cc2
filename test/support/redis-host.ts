import { Injectable } from '@nestjs/common';
import { FlockHealthIndicator, OnConnection } from '@nest-flock/core';
import type { Delivery } from '@nest-flock/core';
import type { Host } from './host.js';
import { until } from './poll.js';

export const describeWithRedis =
  process.env.TEST_REDIS_URL === undefined ? describe.skip : describe;

/** A handler that hears of every connection. */
@Injectable()
export class Heard {
  readonly all: Delivery[] = [];

  @OnConnection('*')
  hear(delivery: Delivery): void {
    this.all.push(delivery);
  }
}

export const healthOf = async ({ app }: Pick<Host, 'app'>) =>
  (await app.get(FlockHealthIndicator).isHealthy()).flock;

/** Waits until a host sees Redis so. */
export const untilRedis = (host: Pick<Host, 'app'>, state: 'up' | 'down') =>
  until(async () => (await healthOf(host))?.redis === state);
