import { answerApiCall, recordApiCall } from '../oauth/api-call-flow.js';
import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { readAccess, refusalOfScopes, type ScopeRequirement } from './api-access.js';
import { ApiData, type Resource } from './api-data.js';
import { errorAnswer, rateLimitAnswer } from './envelope.js';
import type { AccessState } from './flint-token.js';
import type { FlintWorld } from './flint-world.js';
import { pagedAnswer } from './paged-answer.js';
import { PaymentIntentCreation } from './payment-intent-creation.js';

const NEEDED: Readonly<Record<string, ScopeRequirement>> = {
  'GET orders': { mode: 'all', scopes: ['commerce.orders.read'] },
  'GET payment-intents': { mode: 'all', scopes: ['payments.payment_intents.read'] },
  'POST payment-intents': { mode: 'all', scopes: ['payments.payment_intents.write'] },
  'GET customers': { mode: 'any', scopes: ['customers.customers.read', 'customers.read'] },
};

/** `/v1/orders`, `/v1/payment-intents` and `/v1/customers`. */
export class ApiRoutes {
  private readonly data = new ApiData();
  private readonly creation = new PaymentIntentCreation(this.data);

  constructor(private readonly world: FlintWorld) {}

  /** Whether there is such a route. */
  has(method: string, resource: string): resource is Resource {
    return Object.hasOwn(NEEDED, `${method} ${resource}`);
  }

  async serve(exchange: Exchange, resource: Resource): Promise<void> {
    const { world } = this;
    const { call, token } = recordApiCall(world.records, exchange, `/v1/${resource}`);
    const grant = token === undefined ? undefined : world.tokens.grantOf(token);
    call.environment_grant_id = grant?.view.environment_grant_id;
    call.token_of = grant?.view.environment_grant_id;
    call.merchant_id = grant?.merchant.merchant_id;
    const body = exchange.method === 'POST' ? ((await exchange.body()) ?? '') : '';
    const verdict = readAccess(world, exchange);
    const work = () =>
      'access' in verdict ? this.work(exchange, resource, verdict.access, body) : verdict.refusal;
    await answerApiCall(
      exchange,
      world.faults,
      call,
      {
        provider: 'flint',
        operation: `api.${resource}`,
        merchant_id: call.merchant_id,
        environment_grant_id: call.environment_grant_id,
      },
      {
        work,
        error: (status, code, message = 'Refused on demand.') =>
          errorAnswer(exchange.requestId, status, code, { message }),
        rateLimit: (headers) => rateLimitAnswer(exchange.requestId, headers),
      },
    );
  }

  private work(exchange: Exchange, resource: Resource, access: AccessState, body: string): Answer {
    const needed = NEEDED[`${exchange.method} ${resource}`];
    const refusal = needed && refusalOfScopes(this.world, exchange, access, needed);
    if (refusal) return refusal;
    const { grant } = access;
    const headers = {
      'flint-mode': grant.environment.mode,
      'flint-merchant-id': grant.merchant.merchant_id,
      'flint-merchant-environment-id': grant.environment.environment_id,
    };
    return exchange.method === 'POST'
      ? this.creation.create(exchange, grant, body, headers)
      : this.list(exchange, access, resource, headers);
  }

  private list(
    exchange: Exchange,
    { grant }: AccessState,
    resource: Resource,
    headers: Record<string, string>,
  ): Answer {
    return pagedAnswer(exchange, this.data.rows(grant, resource), headers);
  }
}
