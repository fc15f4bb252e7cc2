import { Controller, Get, Header, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { DeliveryService } from '@nest-flock/core';
import type { DeliverySummary } from '@nest-flock/core';
import { OperatorGuard } from '../operator/operator.guard.js';
import { DeliverySubjects } from './delivery-subjects.js';
import { isFailing, viewOf } from './delivery.view.js';
import type { DeliveryDetails, DeliveryView } from './delivery.view.js';
import { indentJson } from './indent-json.js';

/** A page shows no more. */
const LATEST = 20;
/** Those that wait are looked through for the ones that have failed. */
const WAITING = 200;

@Controller('operator/deliveries')
@UseGuards(OperatorGuard)
export class DeliveriesController {
  constructor(
    private readonly deliveries: DeliveryService,
    private readonly subjects: DeliverySubjects,
  ) {}

  /** Newest first. A copy of an event is the same delivery. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async list(
    @Query('only') only?: string,
  ): Promise<{ now: number; pending: number; dead: number; deliveries: DeliveryView[] }> {
    const [found, { pending, dead }] = await Promise.all([
      only === 'failed' ? this.failed() : this.latest(),
      this.deliveries.backlog(),
    ]);
    const deliveries = await Promise.all(
      found.map(async (one) => viewOf(one, await this.subjects.of(one))),
    );
    return { now: Date.now(), pending, dead, deliveries };
  }

  @Get(':id')
  @Header('Cache-Control', 'no-store')
  async look(@Param('id') id: string): Promise<DeliveryDetails> {
    const { body, ...delivery } = await this.deliveries.get(id);
    const { eventId, source, occurredAt, dueAt, handlers } = delivery;
    return {
      ...viewOf(delivery, await this.subjects.of(delivery)),
      eventId,
      ...(occurredAt !== undefined && { occurredAt: occurredAt.getTime() }),
      ...(dueAt !== undefined && { dueAt: dueAt.getTime() }),
      handlers: Object.entries(handlers).map(([name, state]) => ({ name, ...state })),
      // Tasks are a library's own notes, with codes in them that still buy tokens.
      ...(source !== 'task' && { body: indentJson(body) }),
    };
  }

  /** Has the handlers that did not finish handle it again. */
  @Post(':id/replay')
  @HttpCode(200)
  async replay(@Param('id') id: string): Promise<object> {
    await this.deliveries.replay(id, { actor: 'operator' });
    return {};
  }

  private async latest(): Promise<readonly DeliverySummary[]> {
    return (await this.deliveries.list({ limit: LATEST })).deliveries;
  }

  private async failed(): Promise<readonly DeliverySummary[]> {
    const [dead, pending] = await Promise.all([
      this.deliveries.list({ status: 'dead', limit: LATEST }),
      this.deliveries.list({ status: 'pending', limit: WAITING }),
    ]);
    return [...dead.deliveries, ...pending.deliveries.filter(isFailing)]
      .sort((one, other) => other.receivedAt.getTime() - one.receivedAt.getTime())
      .slice(0, LATEST);
  }
}
