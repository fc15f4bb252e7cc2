import { Injectable } from '@nestjs/common';
import { FlockError } from '@nest-flock/core';
import { ConnectionClients, ProviderRegistry } from '@nest-flock/core/provider';
import type { Secret } from '@nest-flock/core/provider';
import { FlintPartnerApps } from '@nest-flock/flint';
import type { FlintWebhook } from '@nest-flock/flint';

interface Options {
  readonly administration: 'guide' | '2026-09-07';
  readonly developerKey?: Secret;
  readonly partnerAppId?: string;
}
interface Listed {
  readonly data?: readonly { readonly webhook_endpoint_id?: string }[];
}

/** Administration has no mode of its own; Flint asks for a live key. */
const ENVIRONMENT = 'live';
/** A page shows no more. */
const MOST = 100;

/**
 * The webhooks of a partner app. In the install guide it has one or none; in the newer contract the
 * list of their ids is asked of Flint directly, because the library reads one by its id.
 */
@Injectable()
export class AppWebhooks {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly clients: ConnectionClients,
    private readonly partnerApps: FlintPartnerApps,
  ) {}

  async list(appId?: string): Promise<FlintWebhook[]> {
    const { administration, developerKey, partnerAppId } = this.options;
    if (administration === 'guide') {
      const only = await this.partnerApps.getWebhook({ appId }).catch(noneIfNotFound);
      return only === undefined ? [] : [only];
    }
    if (developerKey === undefined) return [];
    const app = this.registry.only('flint');
    const { data } = await this.clients
      .administration(app, ENVIRONMENT, developerKey)
      .get<Listed>('/v1/webhook-endpoints', {
        query: { partner_app_id: appId ?? partnerAppId ?? '', page_size: MOST },
      });
    const ids = (data.data ?? []).map(({ webhook_endpoint_id: id }) => id);
    return Promise.all(ids.map((webhookId) => this.partnerApps.getWebhook({ webhookId })));
  }

  private get options(): Options {
    return this.registry.only('flint').options as unknown as Options;
  }
}

function noneIfNotFound(error: unknown): undefined {
  if (error instanceof FlockError && error.providerStatus === 404) return undefined;
  throw error;
}
