import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { AuditService } from '../foundation/audit/audit.service.js';
import { RESOLVER_DEADLINE_MS, resolveSecret } from '../foundation/configuration/resolve-secret.js';
import { Database } from '../foundation/database/database.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import { within } from '../foundation/time/within.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { SealingService } from '../foundation/sealing/sealing.service.js';
import type { SignedMessage } from './signed-message.js';
import { signerOf, signingKey } from './verify-signature.js';
import type { Signer } from './verify-signature.js';

/** Whose secrets: an app's, or those of one of its tenants. */
export interface WebhookSecretOwner {
  readonly provider: string;
  /** Default: the provider's only app. */
  readonly app?: string;
  readonly tenant?: string;
}

const OVERLAP_SECONDS = 86_400;
/** Ten years as `overlapSeconds`: the secrets of other endpoints go on. */
export const FOR_GOOD = 315_360_000;
/** A secret that another instance added or cleared is obeyed so long after, however much arrives. */
const REREAD_MS = 2_000;
/** Tenants in memory; their names come from URLs. */
const CAPACITY = 10_000;

interface Known {
  readonly secrets: readonly string[];
  readonly readAt: number;
}

const place = (id: string) => ({ table: 'flock_webhook_secret', row: id, column: 'secret' });

/**
 * The secrets that webhooks are verified with: those of the configuration, of the host's hook, and
 * those kept sealed in the store, newest first.
 */
@Injectable()
export class WebhookSecrets {
  private readonly known = new Map<string, Known>();
  private readonly loading = new Map<string, Promise<readonly string[]>>();

  constructor(
    private readonly database: Database,
    private readonly sealing: SealingService,
    private readonly registry: ProviderRegistry,
    private readonly audit: AuditService,
  ) {}

  /**
   * Keeps a secret sealed; it becomes the newest. The ones before go on for the overlap, while the
   * provider may still sign with them.
   * @param options.overlapSeconds default 86,400
   * @throws FlockError `invalid_request` for a secret that cannot sign, `unknown_provider`
   */
  async add(
    of: WebhookSecretOwner,
    secret: string,
    options: { overlapSeconds?: number } = {},
  ): Promise<void> {
    const app = this.appOf(of);
    const schemes = app.definition.webhooks?.schemes(app.options) ?? [];
    if (!schemes.some((scheme) => signingKey(scheme, secret) !== undefined)) {
      throw new FlockError(
        'invalid_request',
        `The webhook secret is not usable; expected the one that ${app.definition.title} gave, in full.`,
      );
    }
    const id = randomUUID();
    const key = keyOf(app, of.tenant);
    await this.database.run(async (transaction) => {
      await transaction.execute(
        `UPDATE flock_webhook_secret SET expires_at = {now} + :overlap
         WHERE provider = :provider AND app = :app AND tenant = :tenant
           AND (expires_at IS NULL OR expires_at > {now} + :overlap)`,
        { ...key, overlap: Math.round((options.overlapSeconds ?? OVERLAP_SECONDS) * 1_000) },
      );
      await transaction.execute(
        `INSERT INTO flock_webhook_secret (id, provider, app, tenant, secret, created_at)
         VALUES (:id, :provider, :app, :tenant, :secret, {now})`,
        { ...key, id, secret: this.sealing.seal(place(id), secret) },
      );
      await this.audit.record(transaction, {
        actor: 'host',
        action: 'webhook_secret',
        outcome: 'added',
        provider: app.provider,
        app: app.name,
        ...(of.tenant !== undefined && { reason: `tenant ${of.tenant}`.slice(0, 190) }),
      });
    });
    this.forget(nameOf(app, of.tenant));
  }

  /** Ends all secrets of this app (or of this tenant) that were added. */
  async clear(of: WebhookSecretOwner): Promise<void> {
    const app = this.appOf(of);
    const key = keyOf(app, of.tenant);
    await this.database.run(async (transaction) => {
      await transaction.execute(
        'DELETE FROM flock_webhook_secret WHERE provider = :provider AND app = :app AND tenant = :tenant',
        key,
      );
      await this.audit.record(transaction, {
        actor: 'host',
        action: 'webhook_secret',
        outcome: 'cleared',
        provider: app.provider,
        app: app.name,
      });
    });
    this.forget(nameOf(app, of.tenant));
  }

  /** Whether looking them up asks nobody, or has found some before. */
  isKnown(app: RegisteredApp, tenant: string | undefined): boolean {
    if (tenant === undefined) return true;
    const known = this.known.get(nameOf(app, tenant));
    return known !== undefined && known.secrets.length > 0;
  }

  /** Who signed the message, if one of the secrets did. `secrets`: how many there are. */
  async signerOf(
    app: RegisteredApp,
    tenant: string | undefined,
    message: SignedMessage,
  ): Promise<{ readonly signer: Signer | undefined; readonly secrets: number }> {
    const known = await this.of(app, tenant);
    return { signer: signerOf(message, known), secrets: known.length };
  }

  /** Those that hold now; from memory for up to 2 s. */
  async of(app: RegisteredApp, tenant: string | undefined): Promise<readonly string[]> {
    const key = nameOf(app, tenant);
    const known = this.known.get(key);
    if (known !== undefined && performance.now() - known.readAt < REREAD_MS) return known.secrets;
    return this.load(app, tenant, key);
  }

  async prune(): Promise<void> {
    await this.database.run((transaction) =>
      transaction.execute('DELETE FROM flock_webhook_secret WHERE expires_at < {now}'),
    );
  }

  /** One look-up for all who wait for it. */
  private load(
    app: RegisteredApp,
    tenant: string | undefined,
    key: string,
  ): Promise<readonly string[]> {
    const under = this.loading.get(key);
    if (under !== undefined) return under;
    const loading = this.read(app, tenant)
      .then((secrets) => {
        // They changed meanwhile: good for who has waited, not for keeping.
        if (this.loading.get(key) !== loading) return secrets;
        this.known.delete(key);
        // The oldest goes; what is in use is read again, and so is young.
        if (this.known.size >= CAPACITY)
          this.known.delete(this.known.keys().next().value as string);
        this.known.set(key, { secrets, readAt: performance.now() });
        return secrets;
      })
      .finally(() => {
        if (this.loading.get(key) === loading) this.loading.delete(key);
      });
    this.loading.set(key, loading);
    return loading;
  }

  /** They have changed: what was read is forgotten, and look-ups under way are not shared further. */
  private forget(key: string): void {
    this.known.delete(key);
    this.loading.delete(key);
  }

  private async read(app: RegisteredApp, tenant: string | undefined): Promise<readonly string[]> {
    return [
      ...(await this.stored(app, tenant)),
      ...(await this.ofHook(app, tenant)),
      ...(await this.configured(app, tenant)),
    ];
  }

  private async stored(app: RegisteredApp, tenant: string | undefined): Promise<string[]> {
    const rows = await this.database.read(
      `SELECT id, secret FROM flock_webhook_secret
       WHERE provider = :provider AND app = :app AND tenant = :tenant
         AND (expires_at IS NULL OR expires_at > {now})
       ORDER BY created_at DESC, CASE WHEN expires_at IS NULL THEN 0 ELSE 1 END`,
      keyOf(app, tenant),
    );
    return rows.flatMap(({ id, secret }) => {
      try {
        return [this.sealing.open(place(String(id)), secret as Buffer)];
      } catch {
        return [];
      }
    });
  }

  private async ofHook(app: RegisteredApp, tenant: string | undefined): Promise<string[]> {
    const { hooks } = app;
    if (hooks.webhookSecrets === undefined) return [];
    const of = { provider: app.provider, app: app.name, ...(tenant !== undefined && { tenant }) };
    // A hook that fails or hangs has none; its error is not passed on, because it may quote a secret.
    const asked = Promise.resolve().then(() => hooks.webhookSecrets?.(of));
    const given: unknown = await within(RESOLVER_DEADLINE_MS, asked, () => []).catch(() => []);
    return Array.isArray(given)
      ? given.filter((one): one is string => typeof one === 'string')
      : [];
  }

  private async configured(app: RegisteredApp, tenant: string | undefined): Promise<string[]> {
    const { webhooks } = app.definition;
    const given =
      tenant === undefined
        ? webhooks?.secrets(app.options)
        : webhooks?.tenantSecrets?.(app.options, tenant);
    const name = `a webhook secret of ${app.provider}`;
    const resolved = await Promise.all(
      (given ?? []).map((secret) => resolveSecret(secret, name).catch(() => undefined)),
    );
    return resolved.filter((secret) => secret !== undefined);
  }

  private appOf({ provider, app }: WebhookSecretOwner): RegisteredApp {
    return this.registry.get(provider, app);
  }
}

const keyOf = (app: RegisteredApp, tenant: string | undefined) => ({
  provider: app.provider,
  app: app.name,
  tenant: tenant ?? '',
});

const nameOf = ({ provider, name }: RegisteredApp, tenant = ''): string =>
  `${provider}\n${name}\n${tenant}`;
