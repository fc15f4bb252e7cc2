import { Controller, Inject, Post, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { FlockError } from '../foundation/errors/flock.error.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import { HintReceiver } from './hint.receiver.js';
import { WebhookReceiver } from './webhook.receiver.js';
import type { RawRequest } from './webhook.receiver.js';

const RECEIVED = '{"received":true}';
/** Names of tenants come in URLs. */
const TENANT = /^[\w.:@-]{1,190}$/;

export interface WebhookRoutes {
  /** Such as `flint`. */
  readonly path: string;
  /** Below `path`. */
  readonly webhooks: string;
  /** Tenants have routes below that. */
  readonly tenants: boolean;
}

/**
 * The webhook route of one registration. Answers are sent directly: the provider gets its 2xx or a
 * problem of ours, whatever filters and interceptors the host has.
 */
export function createWebhookController(
  provider: string,
  app: string,
  routes: WebhookRoutes,
  decorators: readonly ClassDecorator[],
): Type {
  const { webhooks, tenants } = routes;
  const paths = tenants ? [webhooks, `${webhooks}/:tenant`] : [webhooks];

  @Controller({ path: routes.path, version: VERSION_NEUTRAL })
  class WebhookController {
    constructor(
      @Inject(WebhookReceiver) private readonly receiver: WebhookReceiver,
      @Inject(ProviderRegistry) private readonly registry: ProviderRegistry,
      @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    ) {}

    @Post(paths)
    async receive(@Req() request: RawRequest, @Res() response: unknown): Promise<void> {
      const adapter = this.adapterHost.httpAdapter;
      try {
        const { tenant } = request.params ?? {};
        if (tenant !== undefined && !isTenant(tenant)) throw noTenant();
        await this.receiver.receive(this.registry.get(provider, app), tenant, request);
        adapter.setHeader(response, 'Content-Type', 'application/json; charset=utf-8');
        adapter.reply(response, RECEIVED, 200);
      } catch (error) {
        refuse(adapter, response, error);
      }
    }
  }
  for (const decorate of decorators) decorate(WebhookController);
  return WebhookController;
}

/** One route for posts that are not signed: always the same answer, where the store is ours. */
export function createHintController(
  provider: string,
  app: string,
  route: { readonly path: string; readonly name: string },
  decorators: readonly ClassDecorator[],
): Type {
  @Controller({ path: route.path, version: VERSION_NEUTRAL })
  class HintController {
    constructor(
      @Inject(HintReceiver) private readonly receiver: HintReceiver,
      @Inject(ProviderRegistry) private readonly registry: ProviderRegistry,
      @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    ) {}

    @Post(route.name)
    async receive(@Req() request: RawRequest, @Res() response: unknown): Promise<void> {
      const adapter = this.adapterHost.httpAdapter;
      const registered = this.registry.get(provider, app);
      try {
        const answer = await this.receiver.receive(registered, route.name, request);
        adapter.setHeader(response, 'Cache-Control', 'no-store');
        adapter.setHeader(response, 'Content-Type', 'application/json; charset=utf-8');
        adapter.reply(response, JSON.stringify(answer), 200);
      } catch (error) {
        refuse(adapter, response, error);
      }
    }
  }
  for (const decorate of decorators) decorate(HintController);
  return HintController;
}

function refuse(adapter: AbstractHttpAdapter, response: unknown, error: unknown): void {
  const problem = error instanceof FlockError ? error : notStored();
  if (problem.retryable) {
    adapter.setHeader(response, 'Retry-After', String(problem.retryAfterSeconds ?? 5));
  }
  adapter.setHeader(response, 'Cache-Control', 'no-store');
  adapter.setHeader(response, 'Content-Type', 'application/problem+json; charset=utf-8');
  adapter.reply(response, JSON.stringify(problem.getResponse()), problem.getStatus());
}

const isTenant = (value: string | string[]): value is string =>
  typeof value === 'string' && TENANT.test(value);

const noTenant = (): FlockError =>
  new FlockError('webhook_malformed', 'The last part of the URL is not usable.');

const notStored = (): FlockError =>
  new FlockError('webhook_not_stored', 'The webhook could not be stored; send it again.');
