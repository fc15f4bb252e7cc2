import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { Deployment } from '../foundation/deployment/deployment.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import { duplicatedParameter, readQuery } from '../foundation/http/request.js';
import type { HttpRequest } from '../foundation/http/request.js';
import type { InstallRequest } from '../provider/install-definition.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { FlockMetrics } from '../foundation/telemetry/flock.metrics.js';
import { AuthorizationRequestStore } from './authorization-request.store.js';
import { attemptCookies, cookieScope, installOf } from './install-app.js';
import { LiveSession } from './live-session.js';
import { hashToken, randomToken } from './random-token.js';
import { readReturnPath } from './return-path.js';

export interface AuthorizationStart {
  readonly location: string;
  readonly cookies: string[];
}

/** Of the install route: this launch is the second try of one whose callback came without its cookie. */
export const RESTARTED = 'flock_restarted';

interface Launch {
  readonly asked: InstallRequest;
  readonly returnTo: string;
  /** The query of the install route, for where it may have to be opened again. */
  readonly query?: string;
  readonly restarted: boolean;
}

/** The way out: makes an attempt and the URL of the provider's consent page. */
@Injectable()
export class AuthorizationService {
  constructor(
    private readonly requests: AuthorizationRequestStore,
    private readonly metrics: FlockMetrics,
    private readonly live: LiveSession,
    private readonly deployment: Deployment,
  ) {}

  /** @throws FlockError `install_invalid_request`, `install_refused`, `store_not_adopted` */
  async begin(app: RegisteredApp, request: HttpRequest): Promise<AuthorizationStart> {
    this.deployment.assertOurs();
    const { install, redirectUri } = installOf(app);
    const query = readQuery(request);
    const restarted = query.has(RESTARTED);
    query.delete(RESTARTED);
    const launch = query.toString();
    const twice = duplicatedParameter(query);
    if (twice !== undefined) {
      throw new FlockError(
        'install_invalid_request',
        `The parameter "${twice}" is given twice; expected once.`,
      );
    }
    const parameter = install.returnParameter ?? 'return_to';
    const wanted = query.get(parameter);
    query.delete(parameter);
    const asked = install.request(query, app.options);
    const landing = install.landing?.(asked, app.options) ?? '/';
    const returnTo = readReturnPath(wanted ?? landing, new URL(redirectUri).origin);
    if (returnTo === undefined) {
      this.metrics.securityEvent('foreign_return_to');
      throw new FlockError(
        'install_invalid_request',
        `The parameter "${parameter}" leads to another site; expected a path of this one, such as /orders.`,
      );
    }
    if (await this.live.covers(app, asked, request)) return { location: returnTo, cookies: [] };
    return this.start(app, request, {
      asked,
      returnTo,
      restarted,
      // Only pages in frames lose their cookies on the way.
      ...(cookieScope(app).embedded && { query: launch }),
    });
  }

  private async start(
    app: RegisteredApp,
    request: HttpRequest,
    { asked, returnTo, query, restarted }: Launch,
  ): Promise<AuthorizationStart> {
    const { install, redirectUri } = installOf(app);
    const { environment, account, parameters } = asked;
    const place = { environment, ...(account !== undefined && { account }) };
    const identity = await app.hooks.identify?.({
      request,
      provider: app.provider,
      app: app.name,
      ...place,
    });
    if (identity === false)
      throw new FlockError('install_refused', 'The app does not permit you to install.');
    const hostUser = identity?.user ?? (await app.hooks.user?.(request));

    const state = randomToken();
    const binding = randomToken();
    const id = hashToken(state);
    const verifier = install.pkce === true ? randomToken() : undefined;
    const issuer = install.issuer?.(app.options, place);
    await this.requests.create({
      id,
      provider: app.provider,
      app: app.name,
      environment,
      bindingHash: hashToken(binding),
      ...(hostUser !== undefined && { hostUser }),
      ...(identity?.owner !== undefined && { owner: identity.owner }),
      context: {
        returnTo,
        parameters,
        host: identity?.context,
        ...(account !== undefined && { account }),
        ...(verifier !== undefined && { verifier }),
        ...(issuer !== undefined && { issuer }),
        ...(query !== undefined && { query }),
        ...(restarted && { restarted }),
      },
    });
    const endpoint = app.endpoints(place).authorize;
    if (endpoint === undefined)
      throw new Error(`${app.definition.title} has no authorization endpoint`);
    const location = new URL(endpoint);
    for (const [key, value] of Object.entries({
      response_type: 'code',
      client_id: app.clientId(environment),
      redirect_uri: redirectUri,
      state,
      ...(verifier !== undefined && codeChallenge(verifier)),
      ...parameters,
    })) {
      location.searchParams.set(key, value);
    }
    return { location: location.href, cookies: attemptCookies(app).begin(request, id, binding) };
  }
}

/** RFC 7636 4.2: S256, the only method there is here. */
const codeChallenge = (verifier: string) => ({
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
});
