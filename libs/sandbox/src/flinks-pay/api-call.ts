import type { Operation } from '../faults/fault-rule.js';
import type { Answer } from '../server/answer.js';
import type { FlinksPayCustomer } from './flinks-pay-customer.js';
import type { FlinksPayToken } from './flinks-pay-tokens.js';
import type { FlinksPayWorld } from './flinks-pay-world.js';

/** One call of the API whose token is good. */
export interface FlinksPayApiCall {
  readonly world: FlinksPayWorld;
  readonly customer: FlinksPayCustomer;
  /** Absent where the route needs none. */
  readonly token: FlinksPayToken | undefined;
  readonly tokenFingerprint: string;
  /** The id in the path, if it has one. */
  readonly id: string;
  /** The JSON object of a POST; `undefined` when it is none. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** A route of the API. */
export interface FlinksPayApiRoute {
  readonly method: 'GET' | 'POST';
  /** The first group is the id. */
  readonly path: RegExp;
  readonly operation: Operation;
  /** Whether a JSON object must come. */
  readonly needsBody: boolean;
  needsToken(world: FlinksPayWorld): boolean;
  work(call: FlinksPayApiCall): Answer;
}
