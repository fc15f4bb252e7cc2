import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { DatabaseClock } from '../foundation/database/database-clock.js';
import { DeliveryStore } from '../inbox/delivery.store.js';
import { Deployment } from '../foundation/deployment/deployment.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import { RateLimiter } from '../foundation/http/rate-limiter.js';
import { readHeader } from '../foundation/http/request.js';
import { parseObject } from '../foundation/http/parse-object.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import { readSignedMessage } from './signed-message.js';
import type { HintRoute, WebhookDefinition, WebhookHint } from '../provider/webhook-definition.js';
import type { RawRequest } from './webhook.receiver.js';
import { WebhookSecrets } from './webhook-secrets.service.js';

/** Types of the tasks that hints become; see `handlers/`. */
export const UNINSTALLED = 'nest-flock.uninstalled';
/** Signed, and kept for good: shown again, it is only a hint. */
export const UNINSTALLED_BY_PROVIDER = 'nest-flock.uninstalled-by-provider';
export const INSTALLED = 'nest-flock.installed';

/** Posts that are acted on, of one address and about one merchant, a minute. */
const PER_ADDRESS = 60;
const PER_MERCHANT = 6;
const LARGEST_BYTES = 16_384;
const MINUTE = 60_000;

/** What is kept of a hint. */
export interface HintTask {
  readonly hint: WebhookHint;
}

/**
 * The door for posts that a provider does not sign. Anybody may call it, so it decides nothing: what
 * it is told becomes a task that asks the provider, and the answer is the same whatever came.
 */
@Injectable()
export class HintReceiver {
  private readonly addresses = new RateLimiter(PER_ADDRESS, PER_ADDRESS);
  private readonly merchants = new RateLimiter(PER_MERCHANT, PER_MERCHANT);

  constructor(
    private readonly secrets: WebhookSecrets,
    private readonly store: DeliveryStore,
    private readonly clock: DatabaseClock,
    private readonly metrics: FlockMetrics,
    private readonly deployment: Deployment,
  ) {
    store.keepForGood(UNINSTALLED_BY_PROVIDER);
  }

  /**
   * The answer to send, with 200.
   * @throws FlockError `webhook_not_stored` while the store belongs to another deployment
   */
  async receive(
    app: RegisteredApp,
    path: string,
    request: RawRequest,
  ): Promise<Readonly<Record<string, unknown>>> {
    if (!this.deployment.isOurs) {
      this.metrics.received(app.provider, 'hint_not_stored');
      throw new FlockError('webhook_not_stored', 'No posts are taken here now; send it again.');
    }
    const webhooks = app.definition.webhooks as WebhookDefinition<unknown>;
    const route = webhooks.hints?.find((one) => one.path === path) as HintRoute<unknown>;
    const outcome = await this.consider(app, webhooks, route, request).catch(() => 'not_stored');
    this.metrics.received(app.provider, `hint_${outcome}`);
    return route.answer;
  }

  private async consider(
    app: RegisteredApp,
    webhooks: WebhookDefinition<unknown>,
    route: HintRoute<unknown>,
    request: RawRequest,
  ): Promise<string> {
    const { rawBody } = request;
    if (rawBody === undefined || rawBody.length > LARGEST_BYTES) return 'malformed';
    const body = parseObject(rawBody.toString('utf8'));
    const hint = body === undefined ? undefined : route.read(body, app.options);
    if (hint === undefined) return 'malformed';
    const merchant = hint.kind === 'uninstalled' ? hint.merchant : hint.request.account;
    const verified = await this.isSigned(app, webhooks, request, rawBody);
    if (!verified && this.isLimited(app, merchant, request)) return 'limited';
    const type = hint.kind === 'uninstalled' ? UNINSTALLED : INSTALLED;
    const task = { source: 'task', provider: app.provider, app: app.name, type } as const;
    const kept: HintTask = { hint };
    const stored = JSON.stringify(kept);
    // A signed body that was shown before may be a replay: it is then worth as much as an unsigned one.
    if (verified && hint.kind === 'uninstalled') {
      const signed = { ...task, type: UNINSTALLED_BY_PROVIDER };
      const eventId = `${signed.type}/${createHash('sha256').update(rawBody).digest('hex')}`;
      if (await this.store.add({ ...signed, eventId, body: stored })) return 'verified';
    }
    // One of a kind a minute: a thousand posts are no more work than one.
    const what =
      hint.kind === 'uninstalled'
        ? merchant
        : `${merchant}/${createHash('sha256').update(hint.code).digest('hex').slice(0, 32)}`;
    const eventId = `${type}/${what}/${Math.floor(this.clock.now() / MINUTE)}`;
    const added = await this.store.add({ ...task, eventId, body: stored });
    return added ? 'accepted' : 'duplicate';
  }

  private isLimited(app: RegisteredApp, merchant: string, { ip }: RawRequest): boolean {
    if (this.addresses.take(ip ?? 'unknown') > 0) return true;
    return this.merchants.take(`${app.provider}/${app.name}/${merchant}`) > 0;
  }

  private async isSigned(
    app: RegisteredApp,
    webhooks: WebhookDefinition<unknown>,
    request: RawRequest,
    body: Buffer,
  ): Promise<boolean> {
    // Schemes whose id travels in a header of its own are for events, which these posts are not.
    const schemes = webhooks
      .schemes(app.options)
      .map((scheme) => ({ ...scheme, headers: { signature: scheme.headers.signature } }))
      .filter(({ signed }) => signed.every((part) => part === 'body'));
    if (!schemes.some(({ headers }) => readHeader(request, headers.signature))) return false;
    const message = readSignedMessage(schemes, request, body);
    return (await this.secrets.signerOf(app, undefined, message)).signer !== undefined;
  }
}
