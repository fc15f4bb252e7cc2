import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { FlockError } from '../errors/flock.error.js';
import type { HttpRequest } from '../http/request.js';
import type { RegisteredApp } from '../providers/registered-app.js';
import { SessionService } from '../session/session.service.js';
import { FlockMetrics } from '../telemetry/flock.metrics.js';
import type { Attempt } from './attempt-recognition.js';
import { AuthorizationRequestStore } from './authorization-request.store.js';
import { CodeExchange } from './code-exchange.js';
import type { InstallAnswer } from './install-answer.js';
import { attemptCookies, isSecure } from './install-app.js';
import { InstalledConnectionStore } from './installed-connection.store.js';
import type { InstalledTokens } from './installed-connection.store.js';
import { InstalledHooks } from './installed-hooks.js';
import { toRefusal } from './refusal.js';

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
  ) {}

  /** @throws Refusal */
  async finish(app: RegisteredApp, attempt: Attempt, request: HttpRequest): Promise<InstallAnswer> {
    const work = this.complete(app, attempt, request);
    this.running.add(work);
    try {
      return await work;
    } catch (error) {
      throw toRefusal(error, attempt.row.environment);
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
    const actor = row.host_user ?? 'merchant';
    try {
      const granted = await this.exchange.exchange(app, attempt.code, attempt.request);
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
        cookies: [session, attemptCookies(app).finish(row.id, binding)],
      };
    } catch (error) {
      await this.requests.finish(row.id, toRefusal(error).code).catch(() => undefined);
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
}
