import { answerApiCall, recordApiCall } from '../oauth/api-call-flow.js';
import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { refuse, type ApiRequest } from './api-request.js';
import { isBlocked } from './edge.js';
import type { FlexPayClient, FlexPayEnvironment } from './flex-pay-client.js';
import type { FlexPayWorld } from './flex-pay-world.js';
import { IdempotentWrites } from './idempotent-writes.js';
import { confirmOrder, createOrder, offers, readCard, readOrderRoute } from './order-routes.js';
import { edgeRefusal, problem } from './problem.js';
import { isRecord } from './read-order.js';
import { TransactionRoutes } from './transaction-routes.js';

interface Route {
  readonly resource: string;
  readonly path: RegExp;
  readonly methods: Readonly<Record<string, (request: ApiRequest) => Answer>>;
}

const ID = '([^/]{1,100})';
const CHECKOUT = '^/api/checkout/v1';

/** The checkout, transactions and marketing APIs; one token serves all (Authorization page). */
export class ApiRoutes {
  private readonly routes: readonly Route[];

  constructor(private readonly world: FlexPayWorld) {
    const transactions = new TransactionRoutes(new IdempotentWrites());
    const route = (resource: string, path: string, methods: Route['methods']): Route => ({
      resource,
      path: new RegExp(`${path}$`),
      methods,
    });
    this.routes = [
      route('orders', `${CHECKOUT}/orders`, { POST: createOrder }),
      route('orders', `${CHECKOUT}/orders/${ID}`, { GET: readOrderRoute }),
      route('orders', `${CHECKOUT}/orders/${ID}/confirmation`, { PUT: confirmOrder }),
      route('card', `${CHECKOUT}/orders/${ID}/(?:payment|card)`, { GET: readCard }),
      route('transactions', `${CHECKOUT}/transactions`, { POST: transactions.authorize }),
      route('transactions', `${CHECKOUT}/transactions/${ID}`, { GET: transactions.read }),
      route('transactions', `${CHECKOUT}/transactions/${ID}/(?:capture|void|refund)`, {
        POST: transactions.step,
      }),
      route('offers', '^/api/flexpay/v1/marketing/offers', { POST: offers }),
    ];
  }

  /** `path` has lost the environment. */
  async serve(exchange: Exchange, environment: FlexPayEnvironment, path: string): Promise<void> {
    const { world } = this;
    const { call, token } = recordApiCall(world.records, exchange, path);
    const text = (await exchange.body()) ?? '';
    const owner = token === undefined ? undefined : world.tokens.clientOf(token);
    call.account = owner?.merchant;
    call.merchant_id = owner?.merchant;
    if (owner) call.token_of = `${owner.environment}/${owner.clientId}`;
    const route = this.routes.find((each) => each.path.test(path));
    const work = (): Answer => {
      if (isBlocked(world, exchange)) return edgeRefusal();
      const client = this.client(exchange, environment, token);
      if ('status' in client) return client;
      if (!route || !this.isOpen(path)) {
        return refuse(world, 'unknown_route', `There is no ${path.slice(0, 200)}.`, 404);
      }
      const answer = route.methods[exchange.method];
      if (!answer) return refuse(world, 'wrong_method', 'Method Not Allowed', 405);
      const body = this.body(exchange, text);
      if ('status' in body) return body;
      const id = route.path.exec(path)?.[1] ?? '';
      return answer({ world, exchange, environment, client, id, text, body: body.value });
    };
    await answerApiCall(
      exchange,
      world.faults,
      call,
      {
        provider: 'flex-pay',
        operation: `api.${route?.resource ?? 'unknown'}`,
        merchant_id: call.merchant_id,
        account: call.account,
        client_id: owner?.clientId,
      },
      {
        work,
        error: (status, code, message = 'Refused on demand.') => problem(status, message, code),
        rateLimit: (headers) => {
          const answer = problem(429, 'Too many requests.');
          return { ...answer, headers: { ...answer.headers, ...headers } };
        },
      },
    );
  }

  /** The two names of the card read are one at a time, unless both are let in. */
  private isOpen(path: string): boolean {
    const { cardPath } = this.world.settings;
    const name = /\/orders\/[^/]+\/(payment|card)$/.exec(path)?.[1];
    return name === undefined || cardPath === 'either' || cardPath === name;
  }

  private client(
    exchange: Exchange,
    environment: FlexPayEnvironment,
    token: string | undefined,
  ): FlexPayClient | Answer {
    const { world } = this;
    if (new URLSearchParams(exchange.query).has('access_token')) {
      return refuse(world, 'token_in_query', 'Tokens do not belong in a URL.');
    }
    const client = token === undefined ? undefined : world.tokens.access(token);
    if (!client) return problem(401, 'Unauthorized');
    if (client.environment !== environment) {
      return refuse(world, 'wrong_environment', 'Unauthorized', 401);
    }
    return client;
  }

  private body(exchange: Exchange, text: string): { value: Record<string, unknown> } | Answer {
    if (exchange.method === 'GET') {
      return text === '' ? { value: {} } : refuse(this.world, 'body_of_get', 'A GET has no body.');
    }
    if (!/^application\/json *(;|$)/i.test(exchange.header('content-type') ?? '')) {
      return refuse(this.world, 'wrong_content_type', 'The body must be application/json.');
    }
    try {
      const value: unknown = JSON.parse(text);
      if (isRecord(value)) return { value };
    } catch {
      // Told below.
    }
    return refuse(this.world, 'not_json', 'The body must be a JSON object.');
  }
}
