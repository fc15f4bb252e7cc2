import { Body, Controller, Get, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { OperatorGuard } from '../operator/operator.guard.js';
import { OrderFailure } from './order-failure.js';

/** The switch that lets the order handler fail. */
@Controller('sandbox/order-failure')
@UseGuards(OperatorGuard)
export class OrderFailureController {
  constructor(private readonly failure: OrderFailure) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  show(): { on: boolean } {
    return { on: this.failure.on };
  }

  @Post()
  @HttpCode(200)
  set(@Body('on') on: unknown): { on: boolean } {
    this.failure.on = on === true;
    return this.show();
  }
}
