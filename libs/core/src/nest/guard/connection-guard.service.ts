import { Injectable } from '@nestjs/common';
import type { ExecutionContext, Type } from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import type { CachedConnection } from '../../connection/cached-connection.js';
import { AccountDirectory } from '../../token/account-directory.js';
import type { Connection } from '../../provider/connection.js';
import { ConnectionStatusService } from '../../connection/connection-status.service.js';
import type { ConnectionRef } from '../../provider/connection-ref.js';
import { FlockError } from '../../foundation/errors/flock.error.js';
import { readHeader, readQuery } from '../../foundation/http/request.js';
import type { HttpRequest } from '../../foundation/http/request.js';
import { cookieScope } from '../../install/install-app.js';
import { readReturnPath } from '../../install/return-path.js';
import { ProviderRegistry } from '../../provider/provider.registry.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { SessionService } from '../../install/session/session.service.js';
import type { Session } from '../../install/session/session.js';
import { FlockMetrics } from '../../foundation/telemetry/flock.metrics.js';
import { OwnOrigins } from './own-origins.js';
import {
  APP_NAME,
  ENVIRONMENT,
  OFFLINE_ACCESS,
  REQUEST_CONNECTION,
  REQUIRED_SCOPES,
  SKIP_CONNECTION,
} from './guard-metadata.js';

interface RouteRules {
  readonly skip: boolean;
  readonly app: string | undefined;
  readonly environment: string | undefined;
  readonly scopes: readonly string[];
  readonly offline: boolean;
}

interface Candidates {
  readonly entries: readonly CachedConnection[];
  /** Set when they come from our cookie session. */
  readonly session?: Session;
}

type GuardedRequest = HttpRequest & { [REQUEST_CONNECTION]?: Connection };

const SAFE_METHODS = new Set(['GET', 'HEAD']);

/** Chooses the connection that a request acts for. Answers from memory or one shared row read. */
@Injectable()
export class ConnectionGuardService {
  /** Decorators are read once per handler: class, then method. */
  private readonly rules = new WeakMap<object, WeakMap<object, RouteRules>>();

  constructor(
    private readonly reflector: Reflector,
    private readonly adapterHost: HttpAdapterHost,
    private readonly registry: ProviderRegistry,
    private readonly sessions: SessionService,
    private readonly status: ConnectionStatusService,
    private readonly origins: OwnOrigins,
    private readonly metrics: FlockMetrics,
    private readonly accounts: AccountDirectory,
  ) {}

  /**
   * @throws FlockError `not_connected`, `connection_ambiguous`, `insufficient_scope`,
   * `reauthorization_required`, `connection_revoked`, `connection_unreadable`, `cross_site_request`,
   * `app_credentials_rejected`
   */
  async admit(context: ExecutionContext, provider: string): Promise<boolean> {
    const rules = this.rulesOf(context);
    if (rules.skip) return true;
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const app = this.registry.get(provider, rules.app);
    const candidates = await this.candidates(app, rules.environment, request);
    this.refuseCrossSite(candidates, request);
    const entry = this.choose(
      app,
      rules.environment,
      ofAccess(app, candidates, rules.offline),
      request,
    );
    this.status.assertUsable(entry);
    if (!app.needsPerson) await this.accounts.assertCredential(app, entry);
    this.requireScopes(app, entry.connection, rules.scopes);
    request[REQUEST_CONNECTION] = entry.connection;
    if (candidates.session !== undefined) this.touch(context, app, candidates.session);
    return true;
  }

  /** The connection of this browser or host user that a route of ours acts on, dead ones included. */
  async own(
    request: HttpRequest,
    provider: string,
    name: string,
  ): Promise<{ connection: Connection; actor: string }> {
    const app = this.registry.get(provider, name);
    const candidates = await this.candidates(app, undefined, request);
    this.refuseCrossSite(candidates, request);
    // Also where the host authenticates by a cookie of its own.
    this.refuseForeignOrigin(request);
    // Of a person's and the merchant's own, a person ends their own.
    const { connection } = this.choose(app, undefined, ofAccess(app, candidates, false), request);
    return { connection, actor: candidates.session?.user ?? 'merchant' };
  }

  /** `return_to` of a request of ours if it stays on this site, else the root. */
  backPath(request: HttpRequest): string {
    const origin = this.origins.first() ?? 'http://localhost';
    return readReturnPath(readQuery(request).get('return_to') ?? '/', origin) ?? '/';
  }

  private rulesOf(context: ExecutionContext): RouteRules {
    const type = context.getClass();
    const handler = context.getHandler();
    let byHandler = this.rules.get(type);
    if (byHandler === undefined) this.rules.set(type, (byHandler = new WeakMap()));
    let rules = byHandler.get(handler);
    if (rules === undefined) byHandler.set(handler, (rules = this.readRules(type, handler)));
    return rules;
  }

  private readRules(type: Type, handler: ReturnType<ExecutionContext['getHandler']>): RouteRules {
    const read = <T>(key: string) =>
      this.reflector.getAllAndOverride<T | undefined>(key, [handler, type]);
    return {
      skip: read<boolean>(SKIP_CONNECTION) === true,
      app: read<string>(APP_NAME),
      environment: read<string>(ENVIRONMENT),
      scopes: read<string[]>(REQUIRED_SCOPES) ?? [],
      offline: read<boolean>(OFFLINE_ACCESS) === true,
    };
  }

  private async candidates(
    app: RegisteredApp,
    environment: string | undefined,
    request: HttpRequest,
  ): Promise<Candidates> {
    const { hooks } = app;
    if (hooks.resolveConnection !== undefined) {
      const resolved = await hooks.resolveConnection(request, {
        provider: app.provider,
        app: app.name,
        ...(environment !== undefined && { environment }),
      });
      const refs = resolved === undefined ? [] : Array.isArray(resolved) ? resolved : [resolved];
      return { entries: await this.load(app, environment, refs as ConnectionRef[]) };
    }
    if (!app.needsPerson) {
      const only = await this.accounts.only(app, environment);
      return { entries: await this.load(app, environment, [only]) };
    }
    const session = this.sessions.read(request, cookieScope(app));
    if (session === undefined) return { entries: [] };
    if (app.hooks.user !== undefined && (await app.hooks.user(request)) !== session.user) {
      this.metrics.securityEvent('session_other_user');
      return { entries: [] };
    }
    const epochs = new Map(session.connections.map(({ id, epoch }) => [id, epoch]));
    const entries = await this.load(app, environment, [...epochs.keys()]);
    return {
      entries: entries.filter((entry) => epochs.get(entry.connection.id) === entry.sessionEpoch),
      session,
    };
  }

  private async load(
    app: RegisteredApp,
    environment: string | undefined,
    refs: readonly ConnectionRef[],
  ): Promise<CachedConnection[]> {
    const found = await Promise.all(
      refs.map((ref) =>
        this.status.find(ref).catch((error: unknown) => {
          if (error instanceof FlockError && error.code === 'not_connected') return undefined;
          throw error;
        }),
      ),
    );
    return found.filter(
      (entry): entry is CachedConnection =>
        entry !== undefined &&
        entry.connection.provider === app.provider &&
        entry.connection.app === app.name &&
        (environment === undefined || entry.connection.environment === environment),
    );
  }

  /** A parameter or header chooses among the candidates, never beyond them. */
  private choose(
    app: RegisteredApp,
    environment: string | undefined,
    { entries }: Candidates,
    request: HttpRequest,
  ): CachedConnection {
    const param = request.params?.connectionId;
    const chosen =
      (typeof param === 'string' ? param : undefined) ?? readHeader(request, 'x-connection-id');
    const merchant = app.definition.namedMerchant?.(request);
    const fitting = entries.filter(
      ({ connection }) =>
        (chosen === undefined || connection.id === chosen) &&
        (merchant === undefined || connection.merchant === merchant),
    );
    const active = fitting.filter(({ connection }) => connection.status === 'active');
    const [first] = active.length > 0 ? active : fitting;
    if (first === undefined) {
      throw new FlockError(
        'not_connected',
        `Connect ${app.definition.title} first.`,
        app.connectDetails(environment === undefined ? undefined : { environment }),
      );
    }
    if (active.length > 1) {
      throw new FlockError(
        'connection_ambiguous',
        `${active.length} connections to ${app.definition.title} are open to this request. Choose one by the header X-Connection-Id or the parameter :connectionId.`,
      );
    }
    return first;
  }

  private requireScopes(
    app: RegisteredApp,
    connection: Connection,
    scopes: readonly string[],
  ): void {
    const missingScopes = scopes.filter((scope) => !connection.scopes.includes(scope));
    if (missingScopes.length === 0) return;
    throw new FlockError(
      'insufficient_scope',
      `The connection to ${app.definition.title} was not granted ${missingScopes.join(', ')}.`,
      { missingScopes, ...app.connectDetails(app.place(connection)) },
    );
  }

  /** A cookie goes along with requests that other sites make; an Origin of ours does not (S25). */
  private refuseCrossSite({ session }: Candidates, request: HttpRequest): void {
    if (session === undefined || SAFE_METHODS.has(request.method)) return;
    if (readHeader(request, 'origin') === undefined) throw this.crossSite();
    this.refuseForeignOrigin(request);
  }

  private refuseForeignOrigin(request: HttpRequest): void {
    const origin = readHeader(request, 'origin');
    if (origin !== undefined && !this.origins.has(origin)) throw this.crossSite();
  }

  private crossSite(): FlockError {
    this.metrics.securityEvent('cross_site_request');
    return new FlockError(
      'cross_site_request',
      'This request does not come from a page of this app: its Origin header is missing or foreign.',
    );
  }

  private touch(context: ExecutionContext, app: RegisteredApp, session: Session): void {
    const cookie = this.sessions.touch(session, cookieScope(app));
    if (cookie === undefined) return;
    const response = context.switchToHttp().getResponse<unknown>();
    this.adapterHost.httpAdapter.appendHeader?.(response, 'Set-Cookie', cookie);
  }
}

/** Where a provider has personal connections, a request acts with one unless it says otherwise. */
function ofAccess(app: RegisteredApp, candidates: Candidates, offline: boolean): Candidates {
  const { personal } = app.definition;
  if (personal === undefined) return candidates;
  const entries = candidates.entries.filter(
    ({ connection }) => (personal(connection.account) === undefined) === offline,
  );
  return { ...candidates, entries };
}
