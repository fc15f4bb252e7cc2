import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import type { FlexPayClient, FlexPayEnvironment } from './flex-pay-client.js';
import type { FlexPayWorld } from './flex-pay-world.js';
import { problem } from './problem.js';

/** One call of the API, from a client that was let in. */
export interface ApiRequest {
  readonly world: FlexPayWorld;
  readonly exchange: Exchange;
  readonly environment: FlexPayEnvironment;
  readonly client: FlexPayClient;
  /** What the route's pattern caught. */
  readonly id: string;
  /** Of a write; an empty object when there was none. */
  readonly body: Record<string, unknown>;
  readonly text: string;
}

/** Refuses what a correct client would not send, and records it. */
export function refuse(world: FlexPayWorld, rule: string, detail: string, status = 400): Answer {
  world.records.violate(rule, detail);
  return problem(status, detail);
}
