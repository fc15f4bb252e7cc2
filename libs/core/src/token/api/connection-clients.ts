import { HttpService } from '@nestjs/axios';
import { Injectable } from '@nestjs/common';
import type { Connection } from '../../provider/connection.js';
import type { Secret, SecretResolver } from '../../foundation/configuration/variable.js';
import { FlockError } from '../../foundation/errors/flock.error.js';
import { ProviderRegistry } from '../../provider/provider.registry.js';
import { TokenService } from '../token.service.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { AdministrationClient } from './administration-client.js';
import { apiProblem } from './api-problem.js';
import { ConnectionClient } from './connection-client.js';
import { RememberedSecret } from './remembered-secret.js';
import { send } from './send.js';
import { A_READ } from './unanswered.js';

/** Makes clients; knows every app, so that it does not matter where Nest instantiates an `XApi`. */
@Injectable()
export class ConnectionClients {
  private readonly resolvers = new WeakMap<SecretResolver, RememberedSecret>();

  constructor(
    private readonly registry: ProviderRegistry,
    private readonly http: HttpService,
    private readonly tokens: TokenService,
  ) {}

  for(connection: Connection, provider: string): ConnectionClient {
    if (connection.provider !== provider) {
      throw new FlockError(
        'unknown_provider',
        `Connection ${connection.id} belongs to ${connection.provider}, not to ${provider}.`,
      );
    }
    const app = this.registry.get(connection.provider, connection.app);
    return new ConnectionClient(connection, app, this.http, this.tokens);
  }

  /**
   * A client that calls with a credential of the host's own, such as a developer's API key. A
   * resolver is asked once, and again after a 401.
   * @param credential sent as `Authorization: Bearer`
   */
  administration(
    app: RegisteredApp,
    environment: string,
    credential: Secret,
  ): AdministrationClient {
    return new AdministrationClient(app, environment, this.http, this.remembered(app, credential));
  }

  /**
   * A GET of a provider's public route, without any credential.
   * @throws FlockError as the calls of {@link ConnectionClient}
   */
  async open(app: RegisteredApp, environment: string, url: string): Promise<unknown> {
    const { origin } = new URL(app.endpoints({ environment }).api);
    if (new URL(url).origin !== origin) {
      throw new FlockError('provider_refused', `Calls of this app go to ${origin} only.`);
    }
    const response = await send<unknown>(this.http, app.definition.title, {
      method: 'GET',
      url,
      timeout: 30_000,
    });
    if (response.status < 300) return response.data;
    throw apiProblem(app, response, A_READ, app.connectDetails({ environment }));
  }

  /** By the resolver itself, so that what it gave outlives the client of one call. */
  private remembered({ definition }: RegisteredApp, credential: Secret): RememberedSecret {
    const name = `the administration credential of ${definition.provider}`;
    if (typeof credential === 'string') return new RememberedSecret(credential, name);
    const known = this.resolvers.get(credential) ?? new RememberedSecret(credential, name);
    this.resolvers.set(credential, known);
    return known;
  }
}
