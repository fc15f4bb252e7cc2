import type { HttpService } from '@nestjs/axios';
import type { AxiosResponse } from 'axios';
import { FlockError } from '../../foundation/errors/flock.error.js';
import type { ProviderPlace } from '../../provider/provider-place.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { ApiClient } from './api-client.js';
import { apiProblem, problemDetails } from './api-problem.js';
import type { ApiRequestOptions } from './api-request.js';
import type { RememberedSecret } from './remembered-secret.js';
import type { ApiWrite } from './unanswered.js';

/**
 * Calls a provider's API with a credential of the host's own, such as a developer's API key, in
 * place of a connection's token. Every call throws what {@link ApiClient.request} does, and
 * `app_credentials_rejected` when the provider answers 401 to the secret that was just resolved.
 */
export class AdministrationClient extends ApiClient {
  constructor(
    app: RegisteredApp,
    private readonly environment: string,
    http: HttpService,
    private readonly secret: RememberedSecret,
  ) {
    super(app, http);
  }

  protected get place(): ProviderPlace {
    return { environment: this.environment };
  }

  protected credential({ fresh }: ApiRequestOptions): Promise<string> {
    return fresh === true ? this.secret.fresh() : this.secret.value();
  }

  /** The very secret that was just refused would be refused again. */
  protected async renewed(rejected: string): Promise<string | undefined> {
    const secret = await this.secret.fresh(rejected);
    return secret === rejected ? undefined : secret;
  }

  /** No merchant can help here, so nobody is sent to connect again. */
  protected problem(response: AxiosResponse<unknown>, write: ApiWrite): FlockError {
    const { title } = this.app.definition;
    if (response.status !== 401) return apiProblem(this.app, response, write);
    return new FlockError(
      'app_credentials_rejected',
      `${title} does not accept the credential that this host calls with. Check that it is complete, not expired, and of this ${title}.`,
      problemDetails(this.app, response),
    );
  }
}
