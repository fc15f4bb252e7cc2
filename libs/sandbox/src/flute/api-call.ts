import type { Answer } from '../server/answer.js';
import type { FluteAccessToken } from './flute-token.js';
import type { FluteWorld } from './flute-world.js';

/** One call whose token is good. */
export interface FluteApiCall {
  readonly world: FluteWorld;
  readonly access: FluteAccessToken;
  readonly query: URLSearchParams;
  /** The id in the path, if it has one. */
  readonly id: string;
  readonly body: string;
}

/** One route of the API host. */
export interface FluteApiRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** The first group is the id. */
  readonly path: RegExp;
  readonly resource: 'transactions' | 'customers' | 'webhooks';
  /** Whether it takes no body although it is no GET. */
  readonly bodiless?: boolean;
  work(call: FluteApiCall): Answer;
}
