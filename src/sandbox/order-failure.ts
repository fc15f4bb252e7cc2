import { Injectable } from '@nestjs/common';

/** A switch for demonstrations, in memory: while it is on, the order handler fails. */
@Injectable()
export class OrderFailure {
  on = false;
}
