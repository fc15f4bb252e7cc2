import { answerApiCall, recordApiCall } from '../oauth/api-call-flow.js';
import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { InputError } from '../server/input-error.js';
import { refusalOfDeveloper } from './developer-access.js';
import { APP_ROUTES } from './developer-apps.js';
import type { DeveloperCall, DeveloperRoute } from './developer-call.js';
import { INSTALL_ROUTES } from './developer-installs.js';
import { APP_WEBHOOK_ROUTES } from './developer-webhook.js';
import { errorAnswer, rateLimitAnswer } from './envelope.js';
import type { FlintWorld } from './flint-world.js';
import { IdempotentWrites } from './idempotent-writes.js';
import { readObject } from './read-object.js';
import { WEBHOOK_ENDPOINT_ROUTES } from './webhook-endpoints.js';

const ROUTES = [
  ...APP_ROUTES,
  ...INSTALL_ROUTES,
  ...APP_WEBHOOK_ROUTES,
  ...WEBHOOK_ENDPOINT_ROUTES,
];

/** The routes of the merchant who owns the apps. */
export class DeveloperRoutes {
  private readonly writes = new IdempotentWrites();

  constructor(private readonly world: FlintWorld) {}

  find(method: string, path: string): DeveloperRoute | undefined {
    return ROUTES.find((route) => route.method === method && route.path.test(path));
  }

  async serve(exchange: Exchange, path: string, route: DeveloperRoute): Promise<void> {
    const { world } = this;
    const { call } = recordApiCall(world.records, exchange, path);
    const body = (await exchange.body()) ?? '';
    await answerApiCall(
      exchange,
      world.faults,
      call,
      { provider: 'flint', operation: route.operation },
      {
        work: () => this.work(exchange, path, route, body),
        error: (status, code, message = 'Refused on demand.') =>
          errorAnswer(exchange.requestId, status, code, { message }),
        rateLimit: (headers) => rateLimitAnswer(exchange.requestId, headers),
      },
    );
  }

  private work(exchange: Exchange, path: string, route: DeveloperRoute, body: string): Answer {
    const { world } = this;
    const refusal = refusalOfDeveloper(world, exchange, route.area);
    if (refusal) return refusal;
    const fields = body === '' ? {} : readObject(body);
    if (!fields) return misread(exchange, 'The body must be a JSON object.');
    const [, ...ids] = route.path.exec(path) ?? [];
    const call: DeveloperCall = { world, exchange, ids, body: fields };
    try {
      const { read, write } = route;
      if (read) return read(call);
      const place = `${exchange.method} ${path}`;
      return this.writes.run(exchange, place, body, {}, () => write(call));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return misread(exchange, error.message, error.field);
    }
  }
}

function misread(exchange: Exchange, message: string, param?: string): Answer {
  return errorAnswer(exchange.requestId, 400, 'INVALID_REQUEST', { message, param });
}
