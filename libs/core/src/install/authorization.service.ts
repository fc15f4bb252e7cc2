import { Injectable } from '@nestjs/common';
import { FlockError } from '../errors/flock.error.js';
import { duplicatedParameter, readQuery } from '../http/request.js';
import type { HttpRequest } from '../http/request.js';
import type { RegisteredApp } from '../providers/registered-app.js';
import { FlockMetrics } from '../telemetry/flock.metrics.js';
import { AuthorizationRequestStore } from './authorization-request.store.js';
import { attemptCookies, installOf } from './install-app.js';
import { hashToken, randomToken } from './random-token.js';
import { readReturnPath } from './return-path.js';

/** The way out: makes an attempt and the URL of the provider's consent page. */
@Injectable()
export class AuthorizationService {
  constructor(
    private readonly requests: AuthorizationRequestStore,
    private readonly metrics: FlockMetrics,
  ) {}

  /** @throws FlockError `install_invalid_request`, `install_refused` */
  async begin(
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
    return { location: location.href, cookies: attemptCookies(app).begin(request, id, binding) };
  }
}
