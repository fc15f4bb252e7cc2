import { Injectable } from '@nestjs/common';
import { hash as digest } from 'node:crypto';
import type { ConnectionRow } from '../../connection/connection.row.js';
import { credentialPlace, tokenSetPlace } from '../../connection/seal-places.js';
import type { TokenRequest } from '../../foundation/http/token-transport.js';
import type { ProviderPlace } from '../../provider/provider-place.js';
import type { TokenCall } from '../../provider/token-call.js';
import { needsPublicAddress } from '../../provider/server-url.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { buildTokenRequest } from '../../provider/token-request.js';
import type { ClientCredential } from '../../provider/token-call.js';
import { SealingService } from '../../foundation/sealing/sealing.service.js';
import { readTokenSet } from '../../connection/token-set.js';
import type { TokenSet } from '../../connection/token-set.js';
import type { Circuit } from './circuit.service.js';

export interface OpenedRow {
  readonly tokens?: TokenSet;
  /** A credential registered for this one connection; else the app's. */
  readonly registered?: ClientCredential;
}

/** What tells where a row's provider is. */
export type PlacedRow = Pick<ConnectionRow, 'environment' | 'account' | 'server_url'>;
type SealedCredential = Pick<ConnectionRow, 'id' | 'credential'>;

export const placeOf = (app: RegisteredApp, row: PlacedRow): ProviderPlace =>
  app.place({ environment: row.environment, account: row.account, serverUrl: row.server_url });

/** Which addresses a row's server may have. */
export const reachOf = ({ server_url: url }: PlacedRow): Pick<TokenRequest, 'publicOnly'> =>
  url !== null && needsPublicAddress(url) ? { publicOnly: true } : {};

/** Builds what a renewal sends. */
@Injectable()
export class RenewalRequests {
  constructor(private readonly sealing: SealingService) {}

  /** @throws UnsealError, SyntaxError or TypeError when the row cannot be opened. */
  open(row: ConnectionRow): OpenedRow {
    return {
      ...(row.token_set !== null && {
        tokens: readTokenSet(this.sealing.open(tokenSetPlace(row.id), row.token_set)),
      }),
      ...(row.credential !== null && { registered: this.registered(row.id, row.credential) }),
    };
  }

  /** `undefined` when there is nothing to renew with: only the merchant can help. */
  build(
    app: RegisteredApp,
    row: PlacedRow,
    client: ClientCredential,
    tokens: TokenSet | undefined,
  ): TokenRequest | undefined {
    const { definition, options } = app;
    const place = placeOf(app, row);
    const call = this.call(app, place, tokens);
    if (call === undefined) return undefined;
    const url = call.url ?? app.endpoints(place).token;
    const dialect = { ...definition.dialect(options), ...call.dialect };
    return {
      ...buildTokenRequest(url, call.parameters, client, dialect),
      ...reachOf(row),
    };
  }

  private call(
    { definition, options, needsPerson }: RegisteredApp,
    place: ProviderPlace,
    tokens: TokenSet | undefined,
  ): TokenCall | undefined {
    const refreshToken =
      needsPerson || definition.refreshes === true ? tokens?.refreshToken : undefined;
    if (refreshToken !== undefined) {
      const code = tokens?.code;
      const spent = { refreshToken, ...(code !== undefined && { code }) };
      return (
        definition.renewal?.(spent, { options, place }) ?? {
          parameters: { grant_type: 'refresh_token', refresh_token: refreshToken },
        }
      );
    }
    if (needsPerson) return undefined;
    return { parameters: { grant_type: 'client_credentials', ...definition.obtain?.(options) } };
  }

  /**
   * The credential that a row's renewals use: its own, else the configured one.
   * @throws FlockError `not_connected` when there is none; UnsealError
   */
  async client(app: RegisteredApp, row: PlacedRow & SealedCredential): Promise<ClientCredential> {
    if (row.credential === null) return app.credential(placeOf(app, row));
    return this.registered(row.id, row.credential);
  }

  /** One per origin, whatever an account adds to the path. */
  endpointCircuit(app: RegisteredApp, place: ProviderPlace): Circuit {
    const { origin } = new URL(app.endpoints(place).token);
    // Nothing of it is secret: the same name whatever key an instance seals with.
    const parts = ['endpoint', app.provider, place.environment, origin];
    const id = digest('sha256', JSON.stringify(parts), 'hex');
    return { id, kind: 'endpoint', app };
  }

  /** Named after the secret too, so that a replaced secret starts clean. */
  credentialCircuit(app: RegisteredApp, place: ProviderPlace, client: ClientCredential): Circuit {
    const { origin } = new URL(app.endpoints(place).token);
    const id = this.sealing.fingerprint(
      'credential',
      app.provider,
      place.environment,
      origin,
      client.id,
      client.secret,
    );
    return { id, kind: 'credential', app };
  }

  /** The circuit of the credential that the configuration gives for a place, if it gives one. */
  async configuredCircuit(app: RegisteredApp, place: ProviderPlace): Promise<Circuit | undefined> {
    if (!app.hasCredential(place)) return undefined;
    return this.credentialCircuit(app, place, await app.credential(place));
  }

  /** Asks the host's resolver again whether the credential of an open circuit was replaced. */
  async isReplaced(app: RegisteredApp, place: ProviderPlace, open: Circuit): Promise<boolean> {
    const client = await app.credential(place, true);
    return this.credentialCircuit(app, place, client).id !== open.id;
  }

  private registered(id: string, sealed: Buffer): ClientCredential {
    return JSON.parse(this.sealing.open(credentialPlace(id), sealed)) as ClientCredential;
  }
}
