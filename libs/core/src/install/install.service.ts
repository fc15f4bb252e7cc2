import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { AuditService } from '../audit/audit.service.js';
import { FLOCK_ERRORS } from '../errors/error-codes.js';
import { FlockError } from '../errors/flock.error.js';
import { FLOCK_OPTIONS } from '../flock.options.js';
import type { ReadFlockOptions } from '../flock.options.js';
import { RateLimiter } from '../http/rate-limiter.js';
import { duplicatedParameter, readQuery } from '../http/request.js';
import type { HttpRequest } from '../http/request.js';
import { ProviderRegistry } from '../providers/provider.registry.js';
import type { InstallDefinition, InstallRequest } from '../providers/provider-definition.js';
import type { RegisteredApp } from '../providers/registered-app.js';
import { SessionService } from '../session/session.service.js';
import { FlockMetrics } from '../telemetry/flock.metrics.js';
import { AttemptCookies } from './attempt-cookies.js';
import type { AttemptContext, AuthorizationRequestRow } from './authorization-request.js';
import { AuthorizationRequestStore } from './authorization-request.store.js';
import { CodeExchange } from './code-exchange.js';
import type { InstallAnswer } from './install-answer.js';
import { renderInstallPage } from './install-page.js';
import { isInstallRefusal, refusalPage } from './install-refusals.js';
import type { InstallRefusal } from './install-refusals.js';
import { InstalledHooks } from './installed-hooks.js';
import { InstalledConnectionStore } from './installed-connection.store.js';
import type { InstalledTokens } from './installed-connection.store.js';
import { equalDigests, hashToken, randomToken } from './random-token.js';
import { readReturnPath } from './return-path.js';

/** A refusal of the flow: the page's code, and the precise reason for audit and metrics. */
class Refusal extends Error {
  constructor(
    readonly code: InstallRefusal,
    readonly reason: string,
    readonly detail?: string,
  ) {
    super(code);
  }
}

interface Attempt {
  readonly row: AuthorizationRequestRow;
  readonly context: AttemptContext;
  readonly binding: string;
  readonly request: InstallRequest;
}

/** The install flow of every provider with an authorization code: out, back, and everything that can go wrong. */
@Injectable()
export class InstallService {
  private readonly limiter: RateLimiter;
  private readonly finishing = new Set<Promise<unknown>>();

  constructor(
    private readonly registry: ProviderRegistry,
    private readonly requests: AuthorizationRequestStore,
    private readonly exchange: CodeExchange,
    private readonly installed: InstalledConnectionStore,
    private readonly sessions: SessionService,
    private readonly hooks: InstalledHooks,
    private readonly audit: AuditService,
    private readonly metrics: FlockMetrics,
    @Inject(FLOCK_OPTIONS) { options }: ReadFlockOptions,
  ) {
    this.limiter = new RateLimiter(options.installsPerMinute, options.installsPerMinute);
  }

  /** The install route: sends the browser to the provider. */
  async begin(provider: string, name: string, request: HttpRequest): Promise<InstallAnswer> {
    const app = this.registry.get(provider, name);
    return this.answered(app, async () => {
      const limited = this.limited(app, request);
      if (limited !== undefined) return limited;
      const { location, cookies } = await this.authorizationUrl(app, request);
      return { kind: 'redirect', location, cookies };
    });
  }

  /**
   * Starts an attempt and returns where to send the browser, with the cookies that bind it there.
   * For hosts with a controller of their own.
   * @throws FlockError `install_invalid_request`, `install_refused`
   */
  async authorizationUrl(
    app: RegisteredApp,
    request: HttpRequest,
  ): Promise<{ location: string; cookies: string[] }> {
    const { install, redirectUri } = installOf(app);
    const query = readQuery(request);
    const twice = duplicatedParameter(query);
    if (twice !== undefined) {
      throw new FlockError(
        'install_invalid_request',
        `The parameter "${twice}" is given twice; expected once.`,
      );
    }
    const returnTo = readReturnPath(query.get('return_to') ?? '/', new URL(redirectUri).origin);
    if (returnTo === undefined) {
      this.metrics.securityEvent('foreign_return_to');
      throw new FlockError(
        'install_invalid_request',
        'The parameter "return_to" leads to another site; expected a path of this one, such as /orders.',
      );
    }
    query.delete('return_to');
    const asked = install.request(query, app.options);
    const identity = await app.hooks.identify?.({
      request,
      provider: app.provider,
      app: app.name,
      environment: asked.environment,
    });
    if (identity === false)
      throw new FlockError('install_refused', 'The app does not permit you to install.');
    const hostUser = identity?.user ?? (await app.hooks.user?.(request));

    const state = randomToken();
    const binding = randomToken();
    const id = hashToken(state);
    await this.requests.create({
      id,
      provider: app.provider,
      app: app.name,
      environment: asked.environment,
      bindingHash: hashToken(binding),
      ...(hostUser !== undefined && { hostUser }),
      ...(identity?.owner !== undefined && { owner: identity.owner }),
      context: { returnTo, parameters: asked.parameters, host: identity?.context },
    });
    const endpoint = app.endpoints(asked.environment).authorize;
    if (endpoint === undefined)
      throw new Error(`${app.definition.title} has no authorization endpoint`);
    const location = new URL(endpoint);
    for (const [key, value] of Object.entries({
      response_type: 'code',
      client_id: app.clientId(asked.environment),
      redirect_uri: redirectUri,
      state,
      ...asked.parameters,
    })) {
      location.searchParams.set(key, value);
    }
    return { location: location.href, cookies: this.cookies(app).begin(request, id, binding) };
  }

  /** The callback route. */
  async complete(provider: string, name: string, request: HttpRequest): Promise<InstallAnswer> {
    const app = this.registry.get(provider, name);
    return this.answered(app, async () => {
      const limited = this.limited(app, request);
      if (limited !== undefined) return limited;
      const query = readQuery(request);
      const attempt = await this.recognise(app, query, request);
      if ('kind' in attempt) return attempt;
      return this.track(this.finish(app, attempt, query, request));
    });
  }

  /** Waits until no exchange is under way. */
  async settled(): Promise<void> {
    while (this.finishing.size > 0) await Promise.allSettled(this.finishing);
  }

  private async track<T>(work: Promise<T>): Promise<T> {
    this.finishing.add(work);
    try {
      return await work;
    } finally {
      this.finishing.delete(work);
    }
  }

  /** Checks that this browser started this attempt, before anything else of the query is believed. */
  private async recognise(
    app: RegisteredApp,
    query: URLSearchParams,
    request: HttpRequest,
  ): Promise<Attempt | InstallAnswer> {
    const { install } = installOf(app);
    const cookies = this.cookies(app);
    const twice = duplicatedParameter(query);
    const state = query.get('state') ?? '';
    const id = hashToken(state);
    const binding = cookies.binding(request, id);
    const row = await this.requests.find(id);
    if (row === undefined)
      throw new Refusal('state_unrecognised', state === '' ? 'state_missing' : 'state_unknown');
    if (binding === undefined) throw new Refusal('state_unrecognised', 'state_no_cookie');
    if (!equalDigests(hashToken(binding), row.binding_hash)) {
      throw new Refusal('state_unrecognised', 'state_other_browser');
    }
    if (row.provider !== app.provider || row.app !== app.name) {
      throw new Refusal('state_unrecognised', 'state_other_app');
    }
    // From here on it is the browser that started: it is told precisely what is wrong.
    if (twice !== undefined) throw new Refusal('callback_invalid', 'duplicated_parameter');
    const context = this.requests.context(row);
    if (row.consumed_at !== null) return this.repeated(app, row, context);
    if (row.expires_at <= row.db_now) throw new Refusal('state_expired', 'state_expired');
    const user = await app.hooks.user?.(request);
    if (row.host_user !== null && app.hooks.user !== undefined && user !== row.host_user) {
      throw new Refusal('state_other_user', 'state_other_user');
    }
    const asked = { environment: row.environment, parameters: context.parameters };
    const echoed = install.echoed?.(asked) ?? {};
    if (!(await this.requests.consume(id, row.binding_hash))) {
      const now = await this.requests.find(id);
      return this.repeated(app, now ?? row, context);
    }
    try {
      if (query.has('code') && query.has('error'))
        throw new Refusal('callback_invalid', 'code_and_error');
      for (const [name, expected] of Object.entries(echoed)) {
        if (query.has(name) && query.get(name) !== expected) {
          throw new Refusal('callback_invalid', `${name}_mismatch`);
        }
      }
      const error = query.get('error');
      if (error !== null) {
        throw error === 'access_denied'
          ? new Refusal('install_denied', 'access_denied')
          : new Refusal(
              'install_failed',
              /^[a-z_]{1,64}$/.test(error) ? error : 'unreadable_error',
            );
      }
      if ((query.get('code') ?? '') === '') throw new Refusal('callback_invalid', 'code_missing');
    } catch (error) {
      if (error instanceof Refusal) await this.requests.finish(id, error.code);
      throw error;
    }
    return { row, context, binding, request: asked };
  }

  private async finish(
    app: RegisteredApp,
    attempt: Attempt,
    query: URLSearchParams,
    request: HttpRequest,
  ): Promise<InstallAnswer> {
    const { row, context, binding } = attempt;
    const actor = row.host_user ?? 'merchant';
    try {
      const granted = await this.exchange.exchange(
        app,
        query.get('code') as string,
        attempt.request,
      );
      const owner = row.owner ?? undefined;
      const tokens = {
        attemptId: randomUUID(),
        provider: app.provider,
        app: app.name,
        ...granted,
        actor,
      };
      // The code is spent: from here on nothing may come between the tokens and the store.
      const { holder, permitted } = await this.holders(
        app,
        granted.account,
        owner,
        context.host,
      ).catch(() => ({ holder: undefined, permitted: [] }));
      if (holder !== undefined) await this.keepForHolder(tokens, holder);
      const { connection, epoch } = await this.installed.store({
        ...tokens,
        ...(owner !== undefined && { owner }),
        transferFrom: permitted,
      });
      await this.requests.finish(row.id, 'finished').catch(() => undefined);
      await this.hooks.run(app, connection, context.host);
      this.metrics.installed(app.provider, 'connected');
      const session = this.sessions.start(
        request,
        { id: connection.id, epoch },
        {
          ...(row.host_user !== null && { user: row.host_user }),
          secure: isSecure(app),
        },
      );
      return {
        kind: 'redirect',
        location: context.returnTo,
        cookies: [session, this.cookies(app).finish(row.id, binding)],
      };
    } catch (error) {
      const code =
        error instanceof FlockError && isInstallRefusal(error.code) ? error.code : 'install_failed';
      await this.requests.finish(row.id, code).catch(() => undefined);
      throw error;
    }
  }

  /** Others may hold the account; the host decides whether each lets go. */
  private async holders(
    app: RegisteredApp,
    account: Parameters<InstalledConnectionStore['replaced']>[1],
    owner: string | undefined,
    context: unknown,
  ): Promise<{ holder: string | undefined; permitted: string[] }> {
    const permitted: string[] = [];
    for (const connection of await this.installed.replaced(app, account)) {
      const from = connection.owner;
      if (from === undefined || from === owner) continue;
      const transfer = { connection, from, to: owner, context };
      if ((await app.hooks.permitTransfer?.(transfer)) !== true) return { holder: from, permitted };
      permitted.push(from);
    }
    return { holder: undefined, permitted };
  }

  /**
   * The exchange may have ended the tokens that the holder had, and the new ones are of the same
   * grant: the holder gets them, so that a refused install does not cut anybody off.
   * @throws FlockError `connection_owned_elsewhere`, always
   */
  private async keepForHolder(
    tokens: Omit<InstalledTokens, 'owner' | 'transferFrom'>,
    holder: string,
  ): Promise<never> {
    await this.installed.store({ ...tokens, owner: holder, keptForOwner: true, transferFrom: [] });
    throw new FlockError(
      'connection_owned_elsewhere',
      'This account is already connected for somebody else. It has to be disconnected there before it can be connected here.',
    );
  }

  /** The browser that started comes again: after success it goes where it wanted to. */
  private repeated(
    app: RegisteredApp,
    row: AuthorizationRequestRow,
    context: AttemptContext,
  ): InstallAnswer {
    if (row.outcome === 'finished')
      return { kind: 'redirect', location: context.returnTo, cookies: [] };
    const code =
      row.outcome !== null && isInstallRefusal(row.outcome) ? row.outcome : 'state_reused';
    return this.page(app, code, undefined, row.environment);
  }

  private limited(app: RegisteredApp, request: HttpRequest): InstallAnswer | undefined {
    const retryAfterSeconds = this.limiter.take(request.ip ?? 'unknown');
    if (retryAfterSeconds === 0) return undefined;
    this.metrics.securityEvent('rate_limited');
    return { ...this.page(app, 'too_many_requests'), retryAfterSeconds };
  }

  /** Turns every refusal into its page, its audit line and its count. */
  private async answered(
    app: RegisteredApp,
    work: () => Promise<InstallAnswer>,
  ): Promise<InstallAnswer> {
    try {
      return await work();
    } catch (error) {
      const refusal = toRefusal(error);
      this.metrics.installed(app.provider, refusal.code);
      if (refusal.reason.startsWith('state_')) this.metrics.securityEvent(refusal.reason);
      await this.audit.note({
        actor: 'merchant',
        action: 'install',
        outcome: 'refused',
        reason: refusal.reason,
        provider: app.provider,
        app: app.name,
      });
      return this.page(app, refusal.code, refusal.detail);
    }
  }

  private page(
    app: RegisteredApp,
    code: InstallRefusal,
    detail?: string,
    environment?: string,
  ): InstallAnswer & { kind: 'page' } {
    return {
      kind: 'page',
      status: FLOCK_ERRORS[code].status,
      html: renderInstallPage(refusalPage(code, app.installUrl(environment), detail)),
      cookies: [],
    };
  }

  private cookies(app: RegisteredApp): AttemptCookies {
    return new AttemptCookies(isSecure(app));
  }
}

function installOf(app: RegisteredApp): {
  install: InstallDefinition<RegisteredApp['options']>;
  redirectUri: string;
} {
  const { install } = app.definition;
  const { redirectUri } = app;
  if (install === undefined || redirectUri === undefined) {
    throw new FlockError('unknown_provider', `${app.definition.title} has no install flow.`);
  }
  return { install, redirectUri };
}

/** Plain http is for development; there `__Host-` and Secure would lock some browsers out. */
export const isSecure = (app: RegisteredApp): boolean =>
  app.redirectUri === undefined || app.redirectUri.startsWith('https:');

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  // Not passed on: errors of drivers quote statements and values.
  if (!(error instanceof FlockError)) return new Refusal('install_failed', 'internal_error');
  if (isInstallRefusal(error.code)) return new Refusal(error.code, error.code, error.message);
  // Everything else that can go wrong in an exchange reads the same to a merchant.
  return new Refusal('install_failed', error.code);
}
