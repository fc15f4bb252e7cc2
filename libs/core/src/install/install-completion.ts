import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Connection } from '../provider/connection.js';
import { ConnectionReader } from '../connection/connection.reader.js';
import { Deployment } from '../foundation/deployment/deployment.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import type { HttpRequest } from '../foundation/http/request.js';
import type { CodeGrant, InstallRequest } from '../provider/install-definition.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { RevocationService } from '../lifecycle/revocation/revocation.service.js';
import { SessionService } from './session/session.service.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import type { Attempt } from './attempt-recognition.js';
import { AuthorizationRequestStore } from './authorization-request.store.js';
import { CodeExchange } from './code-exchange.js';
import type { ReceivedCode } from './code-exchange.js';
import type { InstallAnswer } from './install-answer.js';
import { attemptCookies, cookieScope } from './install-app.js';
import { InstalledConnectionStore } from './installed-connection.store.js';
import type { InstalledTokens } from './install-plan.js';
import { InstalledHooks } from './installed-hooks.js';
import { toRefusal } from './refusal.js';

/** A connection of this install; `isNew`: the host is told of it. */
interface Connected {
  readonly connection: Connection;
  readonly epoch: number;
  readonly isNew: boolean;
}

/** What a grant found of its account; `granted`: it need not be bought again. */
interface Held {
  readonly connection: Connection;
  readonly epoch: number;
  readonly granted: boolean;
}

interface Exchange {
  readonly received: ReceivedCode;
  readonly grant: CodeGrant;
  /** The code buys nothing else. */
  readonly only: boolean;
  readonly before: Held | undefined;
}

/** The way back: exchanges the code, stores the connection, starts the session. */
@Injectable()
export class InstallCompletion {
  private readonly running = new Set<Promise<unknown>>();

  constructor(
    private readonly requests: AuthorizationRequestStore,
    private readonly exchange: CodeExchange,
    private readonly installed: InstalledConnectionStore,
    private readonly sessions: SessionService,
    private readonly hooks: InstalledHooks,
    private readonly metrics: FlockMetrics,
    private readonly reader: ConnectionReader,
    private readonly revocations: RevocationService,
    private readonly deployment: Deployment,
  ) {}

  /** @throws Refusal */
  async finish(app: RegisteredApp, attempt: Attempt, request: HttpRequest): Promise<InstallAnswer> {
    const work = this.complete(app, attempt, request);
    this.running.add(work);
    try {
      return await work;
    } catch (error) {
      const { environment, account } = attempt.request;
      throw toRefusal(error, { environment, ...(account !== undefined && { account }) });
    } finally {
      this.running.delete(work);
    }
  }

  /** Waits until no exchange is under way. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }

  private async complete(
    app: RegisteredApp,
    attempt: Attempt,
    request: HttpRequest,
  ): Promise<InstallAnswer> {
    const { row, context, binding } = attempt;
    try {
      this.deployment.assertOurs();
      await this.revocations.idle(app);
      const connected = await this.connect(app, attempt);
      await this.requests.finish(row.id, 'finished').catch(() => undefined);
      for (const { connection, isNew } of connected) {
        if (isNew) await this.hooks.run(app, connection, context.host);
      }
      this.metrics.installed(app.provider, 'connected');
      const session = this.sessions.start(
        request,
        connected.map(({ connection, epoch }) => ({ id: connection.id, epoch })),
        {
          ...(row.host_user !== null && { user: row.host_user }),
          scope: cookieScope(app),
          without: await this.ofAnotherPerson(app, connected, request),
        },
      );
      return {
        kind: 'redirect',
        location: context.returnTo,
        cookies: [session, attemptCookies(app).finish(row.id, binding)],
      };
    } catch (error) {
      await this.requests.finish(row.id, toRefusal(error).code).catch(() => undefined);
      throw error;
    }
  }

  /** Every token set that the code buys, each stored before the next is asked for. */
  private async connect(app: RegisteredApp, attempt: Attempt): Promise<Connected[]> {
    const { row, context, code, request } = attempt;
    const owner = row.owner ?? undefined;
    const received = {
      code,
      request,
      ...(context.verifier !== undefined && { verifier: context.verifier }),
    };
    const grants = this.exchange.grants(app, received);
    const held = await Promise.all(
      grants.map((grant) => this.held(app, request, grant, row.owner)),
    );
    const spared = held.map((one) => one?.granted === true);
    // A code that is never shown to the provider proves nothing: anybody can make one up.
    if (spared.every(Boolean)) spared.fill(false);
    await this.refuseForeign(app, request, owner, context.host);
    const connected: Connected[] = [];
    for (const [index, grant] of grants.entries()) {
      const before = held[index];
      const only = grants.length === 1;
      connected.push(
        before !== undefined && spared[index] === true
          ? { ...before, isNew: false }
          : await this.exchangeOne(app, attempt, { received, grant, only, before }),
      );
    }
    return connected;
  }

  /**
   * What this browser's session holds of the app for somebody else: on a shared browser nobody
   * starts with what the person before had opened.
   */
  private async ofAnotherPerson(
    app: RegisteredApp,
    connected: readonly Connected[],
    request: HttpRequest,
  ): Promise<ReadonlySet<string>> {
    const personOf = ({ account }: Connection) => app.definition.personal?.(account);
    const person = connected.map(({ connection }) => personOf(connection)).find(Boolean);
    const session = person && this.sessions.read(request, cookieScope(app));
    if (!session) return new Set();
    const kept = await Promise.all(
      session.connections.map(({ id }) => this.reader.load(id).catch(() => undefined)),
    );
    const ofApp = kept
      .map((entry) => entry?.connection)
      .filter((one) => one?.provider === app.provider && one.app === app.name) as Connection[];
    const people = ofApp.map(personOf).filter((one) => one !== undefined);
    return new Set(people.every((one) => one === person) ? [] : ofApp.map(({ id }) => id));
  }

  /** The owner's active connection that may make a grant unnecessary. */
  private async held(
    app: RegisteredApp,
    request: InstallRequest,
    { unlessActive }: CodeGrant,
    owner: string | null,
  ): Promise<Held | undefined> {
    if (unlessActive === undefined) return undefined;
    const { account, scopes } = unlessActive;
    const { environment } = request;
    const entry = await this.reader
      .load({ provider: app.provider, app: app.name, environment, account })
      .catch(() => undefined);
    if (entry === undefined || entry.unreadable || entry.connection.status !== 'active') {
      return undefined;
    }
    const { connection, sessionEpoch: epoch } = entry;
    if (connection.owner !== (owner ?? undefined)) return undefined;
    const granted = scopes.every((scope) => connection.scopes.includes(scope));
    return { connection, epoch, granted };
  }

  /** An account that is known beforehand is looked at before anything is exchanged. */
  private async refuseForeign(
    app: RegisteredApp,
    { account, environment }: InstallRequest,
    owner: string | undefined,
    context: unknown,
  ): Promise<void> {
    if (account === undefined) return;
    const { holder } = await this.holders(app, { account, environment }, owner, context);
    if (holder !== undefined) throw ownedElsewhere();
  }

  private async exchangeOne(
    app: RegisteredApp,
    { row, context }: Attempt,
    { received, grant, only, before }: Exchange,
  ): Promise<Connected> {
    const granted = await this.exchange.exchange(app, received, grant);
    const owner = row.owner ?? undefined;
    const personal = app.definition.personal?.(granted.account.account) !== undefined;
    const tokens = {
      attemptId: randomUUID(),
      provider: app.provider,
      app: app.name,
      ...granted,
      actor: row.host_user ?? 'merchant',
      action: personal || before !== undefined ? ('launch' as const) : ('install' as const),
    };
    // The code is spent: from here on nothing may come between the tokens and the store.
    const { holder, permitted, replaced } = await this.holders(
      app,
      granted.account,
      owner,
      context.host,
    ).catch(() => ({ holder: undefined, permitted: [], replaced: 0 }));
    if (holder !== undefined) await this.keepForHolder(tokens, holder);
    const stored = await this.installed.store({
      ...tokens,
      ...(owner !== undefined && { owner }),
      transferFrom: permitted,
    });
    // Who comes back to the same is no new install.
    const isNew = personal ? only && replaced === 0 : !sameScopes(before, stored.connection);
    return { ...stored, isNew };
  }

  /** Others may hold the account; the host decides whether each lets go. */
  private async holders(
    app: RegisteredApp,
    account: Parameters<InstalledConnectionStore['replaced']>[1],
    owner: string | undefined,
    context: unknown,
  ): Promise<{ holder: string | undefined; permitted: string[]; replaced: number }> {
    const permitted: string[] = [];
    const held = await this.installed.replaced(app, account);
    const replaced = held.length;
    for (const connection of held) {
      const from = connection.owner;
      if (from === undefined || from === owner) continue;
      const transfer = { connection, from, to: owner, context };
      if ((await app.hooks.permitTransfer?.(transfer)) !== true) {
        return { holder: from, permitted, replaced };
      }
      permitted.push(from);
    }
    return { holder: undefined, permitted, replaced };
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
    throw ownedElsewhere();
  }
}

const ownedElsewhere = (): FlockError =>
  new FlockError(
    'connection_owned_elsewhere',
    'This account is already connected for somebody else. It has to be disconnected there before it can be connected here.',
  );

const sameScopes = (before: Held | undefined, now: Connection): boolean =>
  before !== undefined &&
  [...before.connection.scopes].sort().join(' ') === [...now.scopes].sort().join(' ');
