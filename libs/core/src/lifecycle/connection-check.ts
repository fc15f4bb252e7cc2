import { Injectable } from '@nestjs/common';
import { ConnectionClients } from '../token/api/connection-clients.js';
import { ConnectionReader } from '../connection/connection.reader.js';
import { FlockError } from '../foundation/errors/flock.error.js';
import { ProviderRegistry } from '../provider/provider.registry.js';
import { RenewalService } from '../token/renewal/renewal.service.js';

/** An end and an install that are closer than this do not say which came first. */
export const AMBIGUOUS_MS = 300_000;

/** `unknown`: the provider gave no clear answer, which changes nothing. */
export type CheckResult = 'alive' | 'dead' | 'unknown';

/**
 * Asks the provider itself whether a connection still stands, by the ordinary protocol: a call with
 * the stored token, and what a 401 to it leads to.
 */
@Injectable()
export class ConnectionCheck {
  constructor(
    private readonly reader: ConnectionReader,
    private readonly registry: ProviderRegistry,
    private readonly clients: ConnectionClients,
    private readonly renewals: RenewalService,
  ) {}

  async run(id: string): Promise<CheckResult> {
    const before = await this.reader.load(id);
    if (before.connection.status !== 'active') return 'dead';
    const { connection } = before;
    const app = this.registry.get(connection.provider, connection.app);
    try {
      if (app.definition.probe === undefined) {
        await this.renewals.renew(before.row, { force: true });
      } else {
        await this.clients
          .for(connection, connection.provider)
          .get(app.definition.probe(app.place(connection), app.options));
        return 'alive';
      }
    } catch (error) {
      if (!(error instanceof FlockError)) return 'unknown';
    }
    const after = await this.reader.load(id);
    if (after.generation !== before.generation) return 'alive';
    if (after.connection.status !== 'active') return 'dead';
    return after.tokenVersion > before.tokenVersion ? 'alive' : 'unknown';
  }
}
