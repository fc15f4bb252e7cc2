import { Inject, Injectable } from '@nestjs/common';
import { FlockError } from '../foundation/errors/flock.error.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { CircuitService } from './endpoint/circuit.service.js';
import { failureError } from './endpoint/renewal-failure.js';
import { placeOf, RenewalRequests } from './endpoint/renewal-request.js';
import type { CachedConnection } from '../connection/cached-connection.js';
import { ConnectionReader } from '../connection/connection.reader.js';
import type { ConnectionRef } from '../provider/connection-ref.js';
import { RENEWAL_POLICY } from './endpoint/renewal-policy.js';
import type { RenewalPolicy } from './endpoint/renewal-policy.js';

/** Which accounts an app with client credentials has, and whether their credentials serve. */
@Injectable()
export class AccountDirectory {
  constructor(
    private readonly reader: ConnectionReader,
    private readonly circuits: CircuitService,
    private readonly requests: RenewalRequests,
    @Inject(RENEWAL_POLICY) private readonly policy: RenewalPolicy,
  ) {}

  /**
   * The only account of an app, in this environment if one is named.
   * @throws FlockError `not_connected`, `connection_ambiguous`
   */
  async only(app: RegisteredApp, environment: string | undefined): Promise<ConnectionRef> {
    const { provider, name } = app;
    const registered = await this.reader.registered(provider, name, environment);
    const configured = app.accounts.filter(
      (one) =>
        (environment === undefined || one.environment === environment) &&
        !registered.some(
          (row) => row.environment === one.environment && row.account === one.account,
        ),
    );
    const refs: ConnectionRef[] = [
      ...registered.map(({ id }) => id),
      ...configured.map((one) => ({
        provider,
        app: name,
        environment: one.environment,
        account: one.account,
      })),
    ];
    const [first] = refs;
    if (first === undefined) {
      throw new FlockError(
        'not_connected',
        `${app.definition.title} has no credential${environment === undefined ? '' : ` in ${environment}`}: ` +
          `put one into the options of the app "${app.name}", or register one.`,
      );
    }
    if (refs.length === 1) return first;
    throw new FlockError(
      'connection_ambiguous',
      `${app.definition.title} has several accounts: name the connection of a call, or say which one a request acts for by @UseEnvironment or the hook resolveConnection.`,
    );
  }

  /**
   * In memory, unless a rejected credential may have been replaced.
   * @throws FlockError `not_connected` when the account has no credential, `app_credentials_rejected`
   */
  async assertCredential(app: RegisteredApp, entry: CachedConnection): Promise<void> {
    const place = placeOf(app, entry.row);
    if (!entry.row.registered && !app.hasCredential(place)) throw app.noCredential(place);
    if (entry.accessToken !== undefined && entry.expiresAt > performance.now()) return;
    const { probeIntervalMs } = this.policy;
    if (entry.row.registered) {
      const { failure, retryAt } = entry.row;
      const wait = retryAt - performance.now();
      if (failure === 'credential_rejected' && wait > 0) throw failureError(failure, app, wait);
      return;
    }
    const client = await app.credential(place);
    const circuit = this.requests.credentialCircuit(app, place, client);
    if (!this.circuits.isPaused(circuit)) return;
    if (await this.requests.isReplaced(app, place, circuit)) return;
    throw failureError('credential_rejected', app, probeIntervalMs);
  }
}
