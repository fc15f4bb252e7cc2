import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../foundation/audit/audit.service.js';
import { FLOCK_ERRORS } from '../foundation/errors/error-codes.js';
import { RateLimiter } from '../foundation/http/rate-limiter.js';
import { readQuery } from '../foundation/http/request.js';
import type { HttpRequest } from '../foundation/http/request.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import { AttemptRecognition } from './attempt-recognition.js';
import { AuthorizationService } from './authorization.service.js';
import type { InstallAnswer } from './install-answer.js';
import { InstallCompletion } from './install-completion.js';
import { renderInstallPage } from './install-page.js';
import { refusalPage } from './install-refusals.js';
import { Refusal, toRefusal } from './refusal.js';

/** What the wing needs of the options. */
export interface InstallOptions {
  /** Requests to the install routes that one address may make a minute, and at once. */
  readonly installsPerMinute: number;
}
export const INSTALL_OPTIONS = Symbol('nest-flock:install-options');

/** The install flow of every provider with an authorization code, as its routes see it. */
@Injectable()
export class InstallService {
  private readonly limiter: RateLimiter;

  constructor(
    private readonly registry: ProviderRegistry,
    private readonly authorization: AuthorizationService,
    private readonly recognition: AttemptRecognition,
    private readonly completion: InstallCompletion,
    private readonly audit: AuditService,
    private readonly metrics: FlockMetrics,
    @Inject(INSTALL_OPTIONS) options: InstallOptions,
  ) {
    this.limiter = new RateLimiter(options.installsPerMinute, options.installsPerMinute);
  }

  /** The install route: sends the browser to the provider. */
  begin(provider: string, name: string, request: HttpRequest): Promise<InstallAnswer> {
    const app = this.registry.get(provider, name);
    return this.answered(app, request, async () => ({
      kind: 'redirect',
      ...(await this.authorization.begin(app, request)),
    }));
  }

  /**
   * Starts an attempt and returns where to send the browser, with the cookies that bind it there.
   * For hosts with a controller of their own.
   * @throws FlockError `install_invalid_request`, `install_refused`
   */
  authorizationUrl(
    app: RegisteredApp,
    request: HttpRequest,
  ): Promise<{ location: string; cookies: string[] }> {
    return this.authorization.begin(app, request);
  }

  /** The callback route. */
  complete(provider: string, name: string, request: HttpRequest): Promise<InstallAnswer> {
    const app = this.registry.get(provider, name);
    return this.answered(app, request, async () => {
      const attempt = await this.recognition.recognise(app, readQuery(request), request);
      if ('restartAt' in attempt) {
        return { kind: 'redirect', location: attempt.restartAt, cookies: [] };
      }
      if ('returnTo' in attempt) {
        return { kind: 'redirect', location: attempt.returnTo, cookies: [] };
      }
      return this.completion.finish(app, attempt, request);
    });
  }

  private limited(app: RegisteredApp, request: HttpRequest): InstallAnswer | undefined {
    const retryAfterSeconds = this.limiter.take(request.ip ?? 'unknown');
    if (retryAfterSeconds === 0) return undefined;
    this.metrics.securityEvent('rate_limited');
    return {
      ...this.page(app, new Refusal('too_many_requests', 'rate_limited')),
      retryAfterSeconds,
    };
  }

  /** Turns every refusal into its page, its audit line and its count. */
  private async answered(
    app: RegisteredApp,
    request: HttpRequest,
    work: () => Promise<InstallAnswer>,
  ): Promise<InstallAnswer> {
    const limited = this.limited(app, request);
    if (limited !== undefined) return limited;
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
      return this.page(app, refusal);
    }
  }

  private page(app: RegisteredApp, { code, details }: Refusal): InstallAnswer & { kind: 'page' } {
    const { environment, account } = details;
    const again = app.installUrl(
      environment === undefined
        ? undefined
        : { environment, ...(account !== undefined && { account }) },
    );
    return {
      kind: 'page',
      status: FLOCK_ERRORS[code].status,
      html: renderInstallPage(refusalPage(code, again, details.detail)),
      frameAncestors: app.definition.install?.frameAncestors?.(app.options) ?? [],
      cookies: [],
    };
  }
}
