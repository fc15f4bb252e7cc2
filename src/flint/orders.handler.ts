import { Injectable, Optional } from '@nestjs/common';
import type { Delivery } from '@nest-flock/core';
import { OnFlintEvent } from '@nest-flock/flint';
import type { FlintEvent } from '@nest-flock/flint';
import { OrderFailure } from '../sandbox/order-failure.js';

/** Of an error the delivery keeps the name alone, so the name says what happened. */
class OrderNotBooked extends Error {
  override readonly name = 'OrderNotBooked';
}

const CAPACITY = 1_000;

/** What a team writes: a method for each kind of event it wants to be told of. */
@Injectable()
export class OrdersHandler {
  /** Stands in for a table of the host, whose key is the delivery's id. */
  private readonly booked = new Set<string>();

  // Only beside the sandbox is there a switch that lets it fail.
  constructor(@Optional() private readonly failure?: OrderFailure) {}

  /** May come again after a crash, so what is booked already is left alone. */
  @OnFlintEvent('order.*', { name: 'orders' })
  book({ id }: Delivery<FlintEvent>): void {
    if (this.booked.has(id)) return;
    if (this.failure?.on) throw new OrderNotBooked();
    if (this.booked.size >= CAPACITY) this.booked.clear();
    this.booked.add(id);
  }
}
