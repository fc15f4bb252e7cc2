import { Injectable } from '@nestjs/common';
import { FlockError, HiddenSecret } from '@nest-flock/core';
import { checkPathId, FOR_GOOD } from '@nest-flock/core/provider';
import type { ApiResponse, Connection, ConnectionClient } from '@nest-flock/core';
import { FluteHandle } from '../flute.definition.js';
import { fieldOf } from '../flute.fields.js';
import { itemsOf } from '../flute.pages.js';
import { tenantOf } from '../flute.tenant.js';
import { readPing, readWebhook, secretOf } from './flute.webhook.js';
import type { FluteCreatedWebhook, FlutePing, FluteWebhook } from './flute.webhook.js';
import { webhookBody } from './flute.webhook-input.js';
import type { FluteWebhookInput } from './flute.webhook-input.js';

const ENDPOINTS = '/v2/webhooks/endpoints';

/**
 * The webhook endpoints of a Flute account. Every call throws what a call of the API throws, and
 * `invalid_request`, naming the field, before anything is sent.
 */
@Injectable()
export class FluteWebhooks {
  constructor(private readonly flute: FluteHandle) {}

  /**
   * Which secrets the deliveries for an account are verified with: have Flute send them to
   * `webhooks/<tenant>`. The accounts of an app have secrets of their own.
   */
  tenantOf({ environment, account }: Pick<Connection, 'environment' | 'account'>): string {
    return tenantOf({ environment, account });
  }

  /**
   * Creates an endpoint and keeps its secret sealed, which Flute shows once. A store that fails is a
   * warning in the log and `stored: false`, because the endpoint exists then.
   * @throws FlockError `outcome_unknown` without a clear answer: look it up with {@link list}
   */
  async create(connection: Connection, input: FluteWebhookInput): Promise<FluteCreatedWebhook> {
    const { data } = await this.client(connection).post(ENDPOINTS, webhookBody(input));
    const webhook = readWebhook(data);
    if (webhook === undefined) {
      throw new FlockError(
        'outcome_unknown',
        'Flute answered the creation of a webhook in an unknown shape; look it up with list().',
        { outcome: 'unknown' },
      );
    }
    const secret = secretOf(data);
    const { store = true, overlapSeconds = FOR_GOOD } = input;
    const tenant = this.tenantOf(connection);
    const of = { app: connection.app, tenant };
    return {
      ...webhook,
      ...(secret !== undefined && { secret: new HiddenSecret(secret) }),
      stored: store && (await this.flute.keepSecret(of, secret, { overlapSeconds })),
      tenant,
    };
  }

  /** All endpoints of the account, all pages. */
  async list(connection: Connection): Promise<FluteWebhook[]> {
    const client = this.client(connection);
    const paged = {
      get: async <T>(...call: Parameters<ConnectionClient['get']>) =>
        asPage(await client.get<T>(...call)),
    };
    const webhooks: FluteWebhook[] = [];
    for await (const item of itemsOf(paged, ENDPOINTS, {})) {
      const webhook = readWebhook(item);
      if (webhook === undefined) {
        throw new FlockError('provider_unavailable', 'Flute listed a webhook without an id.');
      }
      webhooks.push(webhook);
    }
    return webhooks;
  }

  /** Has Flute send a `ping`, and tells how the receiver answered. May be repeated. */
  async ping(connection: Connection, endpointId: string): Promise<FlutePing> {
    const path = `${ENDPOINTS}/${checkId(endpointId)}/ping`;
    const { data } = await this.client(connection).post(path, undefined, { repeatable: true });
    return readPing(data);
  }

  /**
   * Deletes an endpoint, and with it the deliveries that Flute has still to make. Its secret stays in
   * the store, where another endpoint's may be: `WebhookSecrets.clear` ends all of the tenant's.
   */
  async delete(connection: Connection, endpointId: string): Promise<void> {
    await this.client(connection).delete(`${ENDPOINTS}/${checkId(endpointId)}`);
  }

  private client(connection: Connection): ConnectionClient {
    return this.flute.clients.for(connection, 'flute');
  }
}

/** Before the renaming this list had no pages: `{ data: [...] }`. */
function asPage<T>(response: ApiResponse<T>): ApiResponse<T> {
  const items = fieldOf(response.data, 'data');
  if (!Array.isArray(items)) return response;
  return { ...response, data: { items, total: items.length } as T };
}

const checkId = (endpointId: string): string =>
  checkPathId(endpointId, 'endpointId', 'an id of Flute');
