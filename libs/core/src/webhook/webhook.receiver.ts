import { Inject, Injectable, Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { DatabaseClock } from '../foundation/database/database-clock.js';
import { fitsColumn } from '../provider/read-json.js';
import { DeliveryStore } from '../inbox/delivery.store.js';
import { Deployment } from '../foundation/deployment/deployment.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import { RateLimiter } from '../foundation/http/rate-limiter.js';
import { readHeader } from '../foundation/http/request.js';
import type { HttpRequest } from '../foundation/http/request.js';
import { parseObject } from '../foundation/http/parse-object.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import { keptOf } from '../provider/kept-event.js';
import { readWebhookEvent } from '../provider/read-webhook-event.js';
import { readSignedMessage } from './signed-message.js';
import type { SignedMessage } from './signed-message.js';
import type { Signer } from './verify-signature.js';
import type { WebhookDefinition, WebhookEvent } from '../provider/webhook-definition.js';
import { WebhookSecrets } from './webhook-secrets.service.js';
import { DELIVERY_POLICY } from '../inbox/delivery-policy.js';
import type { DeliveryPolicy } from '../inbox/delivery-policy.js';

const TOLERANCE_SECONDS = 300;
/** Routes of one address a minute whose secrets are not in memory. */
const UNKNOWN_PER_MINUTE = 120;

export type RawRequest = HttpRequest & { rawBody?: Buffer };

/** The door for signed webhooks: authentic, not too large, stored. What it means is found out later. */
@Injectable()
export class WebhookReceiver {
  private readonly logger = new Logger('NestFlock');
  /** A host forgot the raw body; readiness says so. */
  rawBodyMissing = false;
  private readonly limiter = new RateLimiter(UNKNOWN_PER_MINUTE, UNKNOWN_PER_MINUTE);

  constructor(
    private readonly secrets: WebhookSecrets,
    private readonly store: DeliveryStore,
    private readonly clock: DatabaseClock,
    @Inject(DELIVERY_POLICY) private readonly policy: DeliveryPolicy,
    private readonly metrics: FlockMetrics,
    private readonly deployment: Deployment,
  ) {}

  /**
   * Resolves after the commit, also for a copy of what is there already.
   * @throws FlockError `webhook_…`, each with its status; none repeats anything of the request
   */
  async receive(
    app: RegisteredApp,
    tenant: string | undefined,
    request: RawRequest,
  ): Promise<void> {
    try {
      const added = await this.accept(app, tenant, request);
      this.metrics.received(app.provider, added ? 'accepted' : 'duplicate');
    } catch (error) {
      const refusal =
        error instanceof FlockError
          ? error
          : new FlockError(
              'webhook_not_stored',
              'The webhook is authentic but could not be stored; send it again.',
            );
      this.metrics.received(app.provider, refusal.code);
      if (refusal.getStatus() === 401) this.metrics.securityEvent(refusal.code);
      throw refusal;
    }
  }

  private async accept(
    app: RegisteredApp,
    tenant: string | undefined,
    request: RawRequest,
  ): Promise<boolean> {
    // Into the inbox of another deployment it would be handled there.
    if (!this.deployment.isOurs) {
      throw new FlockError('webhook_not_stored', 'No webhooks are taken here now; send it again.');
    }
    const webhooks = app.definition.webhooks as WebhookDefinition<unknown>;
    const body = this.bodyOf(request);
    const message = readSignedMessage(webhooks.schemes(app.options), request, body);
    this.assertSignedRecently(message);
    const { mac } = await this.verify(app, tenant, message, request);
    const text = decode(body);
    const payload = text === undefined ? undefined : parseObject(text);
    if (text === undefined || payload === undefined) {
      throw new FlockError('webhook_malformed', 'The body is not usable; expected a JSON object.');
    }
    const read = readWebhookEvent(app, payload, tenant);
    const event = read ?? { type: 'unknown' };
    this.assertRemembered(message, event);
    const type = fitsColumn(event.type, 190) && event.type !== '' ? event.type : 'unknown';
    const signedId = message.scheme.signed.includes('id');
    const kept = read && keptOf(app, read, payload, tenant);
    return this.store.add({
      source: 'webhook',
      provider: app.provider,
      app: app.name,
      ...(tenant !== undefined && { tenant }),
      eventId: eventIdOf(message, event),
      type,
      ...(event.occurredAt !== undefined && { occurredAt: event.occurredAt }),
      body: text,
      ...(kept !== undefined && { event: kept }),
      // The same bytes under another id, or by another tenant's route, are a copy.
      ...((!signedId || tenant !== undefined) && { onceBy: mac }),
      first: kept?.change?.kind === 'revoked',
    });
  }

  private bodyOf(request: RawRequest): Buffer {
    const { maxBodyBytes } = this.policy;
    const { rawBody } = request;
    if (Number(readHeader(request, 'content-length') ?? 0) > maxBodyBytes) throw tooLarge();
    if (Buffer.isBuffer(rawBody)) {
      if (rawBody.length > maxBodyBytes) throw tooLarge();
      return rawBody;
    }
    const { headers } = request;
    const sent =
      headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
    if (!sent) {
      throw new FlockError('webhook_malformed', 'The body is missing; expected a JSON object.');
    }
    if (!(readHeader(request, 'content-type') ?? '').includes('json')) {
      throw new FlockError(
        'webhook_malformed',
        'The content type is not usable; expected application/json.',
      );
    }
    throw this.noRawBody();
  }

  private noRawBody(): FlockError {
    if (!this.rawBodyMissing) {
      this.logger.error(
        'Webhooks cannot be verified: the app keeps no raw bodies. Create it with NestFactory.create(AppModule, { rawBody: true }).',
      );
    }
    this.rawBodyMissing = true;
    return new FlockError(
      'webhook_raw_body_missing',
      'Webhooks cannot be verified here: the app was created without { rawBody: true }.',
    );
  }

  private async verify(
    app: RegisteredApp,
    tenant: string | undefined,
    message: SignedMessage,
    request: RawRequest,
  ): Promise<Signer> {
    // Names of tenants can be made up: nobody has the store asked for one after the other.
    if (!this.secrets.isKnown(app, tenant)) {
      const retryAfterSeconds = this.limiter.take(request.ip ?? 'unknown');
      if (retryAfterSeconds > 0) {
        throw new FlockError('too_many_requests', 'Too many webhooks of unknown routes.', {
          retryAfterSeconds,
        });
      }
    }
    const { signer, secrets } = await this.secrets.signerOf(app, tenant, message);
    if (signer !== undefined) {
      if (signer.index > 0) this.metrics.securityEvent('webhook_older_secret');
      return signer;
    }
    if (secrets === 0) {
      throw new FlockError(
        'webhook_secret_missing',
        `No webhook secret of ${app.definition.title} is known for this route; set it, or add it with WebhookSecrets.`,
      );
    }
    throw new FlockError(
      'webhook_signature_invalid',
      'The signature is not of any secret of this webhook.',
    );
  }

  /** Both ways, by the database's clock; before anything is looked up for it. */
  private assertSignedRecently({ scheme, timestamp }: SignedMessage): void {
    if (timestamp === undefined || !scheme.signed.includes('timestamp')) return;
    const apart = Math.abs(this.clock.now() - Number(timestamp) * 1_000);
    if (apart > (scheme.toleranceSeconds ?? TOLERANCE_SECONDS) * 1_000) throw refusedTime();
  }

  /** Where no time is signed, what the body says must lie within the time that copies are known for. */
  private assertRemembered({ scheme }: SignedMessage, { occurredAt }: WebhookEvent): void {
    if (occurredAt === undefined || scheme.signed.includes('timestamp')) return;
    const age = this.clock.now() - occurredAt;
    const { retentionMs } = this.policy;
    if (age > retentionMs || age < -TOLERANCE_SECONDS * 1_000) throw refusedTime();
  }
}

/** The signed id; else the one of the body or header, which a replay cannot use twice with one body. */
function eventIdOf({ id, body }: SignedMessage, event: WebhookEvent): string {
  const found = id ?? event.id;
  if (found !== undefined && found !== '' && fitsColumn(found, 190)) return found;
  return createHash('sha256').update(body).digest('hex');
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function decode(body: Buffer): string | undefined {
  try {
    return UTF8.decode(body);
  } catch {
    return undefined;
  }
}

const tooLarge = (): FlockError =>
  new FlockError('webhook_too_large', 'The body is larger than any webhook that is expected here.');

const refusedTime = (): FlockError =>
  new FlockError(
    'webhook_timestamp_refused',
    'The time of the webhook is too far from now; check the clocks of both sides.',
  );
