import type { HttpService } from '@nestjs/axios';
import type { AxiosResponse } from 'axios';
import type { Connection } from '../../provider/connection.js';
import type { ConnectionRef } from '../../provider/connection-ref.js';
import type { FlockError } from '../../foundation/errors/flock.error.js';
import type { ProviderPlace } from '../../provider/provider-place.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import type { GetAccessTokenOptions } from '../token.service.js';
import { ApiClient } from './api-client.js';
import { apiProblem } from './api-problem.js';
import type { ApiRequestOptions } from './api-request.js';
import type { ApiWrite } from './unanswered.js';

/** What the client needs of `TokenService`. */
export interface TokenSource {
  getAccessToken(ref: ConnectionRef, options?: GetAccessTokenOptions): Promise<string>;
}

/**
 * Calls a provider's API as one connection, with its token. Every call throws what
 * {@link ApiClient.request} does, and everything that `TokenService.getAccessToken` throws.
 */
export class ConnectionClient extends ApiClient {
  constructor(
    readonly connection: Connection,
    app: RegisteredApp,
    http: HttpService,
    private readonly tokens: TokenSource,
  ) {
    super(app, http);
  }

  protected get place(): ProviderPlace {
    return this.app.place(this.connection);
  }

  protected override get registeredServer(): string | undefined {
    return this.connection.serverUrl;
  }

  protected credential({ fresh, signal }: ApiRequestOptions): Promise<string> {
    const options = { ...(fresh && { fresh }), ...(signal && { signal }) };
    // No options at all is the shortest way to a token in memory.
    const given = fresh === true || signal !== undefined;
    return this.tokens.getAccessToken(this.connection.id, given ? options : undefined);
  }

  protected renewed(rejected: string, { signal }: ApiRequestOptions): Promise<string> {
    return this.tokens.getAccessToken(this.connection.id, {
      rejected,
      ...(signal && { signal }),
    });
  }

  protected problem(response: AxiosResponse<unknown>, write: ApiWrite): FlockError {
    return apiProblem(this.app, response, write, this.app.connectDetails(this.place));
  }
}
