import { Injectable } from '@nestjs/common';
import type { ConnectionRow } from '../connections/connection.row.js';
import { credentialPlace, tokenSetPlace } from '../connections/seal-places.js';
import type { TokenRequest } from '../http/token-transport.js';
import type { RegisteredApp } from '../providers/registered-app.js';
import { buildTokenRequest } from '../providers/token-request.js';
import type { ClientCredential } from '../providers/token-request.js';
import { SealingService } from '../sealing/sealing.service.js';
import { readTokenSet } from '../tokens/token-set.js';
import type { TokenSet } from '../tokens/token-set.js';
import type { Circuit } from './circuit.service.js';

export interface OpenedRow {
  readonly tokens?: TokenSet;
  /** A credential registered for this one connection; else the app's. */
  readonly registered?: ClientCredential;
}

const FINGERPRINTS = 1_000;

/** Builds what a renewal sends. */
@Injectable()
export class RenewalRequests {
  private readonly fingerprints = new Map<string, string>();

  constructor(private readonly sealing: SealingService) {}

  /** @throws UnsealError, SyntaxError or TypeError when the row cannot be opened. */
  open(row: ConnectionRow): OpenedRow {
    return {
      ...(row.token_set !== null && {
        tokens: readTokenSet(this.sealing.open(tokenSetPlace(row.id), row.token_set)),
      }),
      ...(row.credential !== null && {
        registered: JSON.parse(
          this.sealing.open(credentialPlace(row.id), row.credential),
        ) as ClientCredential,
      }),
    };
  }

  /** `undefined` when there is nothing to renew with: only the merchant can help. */
  build(
    app: RegisteredApp,
    environment: string,
    client: ClientCredential,
    tokens: TokenSet | undefined,
  ): TokenRequest | undefined {
    const { definition, options } = app;
    const { token } = app.endpoints(environment);
    if (definition.grant === 'client_credentials') {
      const parameters = { grant_type: 'client_credentials', ...definition.obtain?.(options) };
      return buildTokenRequest(token, parameters, client, app.dialect);
    }
    if (tokens?.refreshToken === undefined) return undefined;
    const parameters = definition.renewal?.(tokens.refreshToken, options) ?? {
      grant_type: 'refresh_token',
      refresh_token: tokens.refreshToken,
    };
    return buildTokenRequest(token, parameters, client, app.dialect);
  }

  endpointCircuit(app: RegisteredApp, environment: string): Circuit {
    const id = this.fingerprint('endpoint', app.endpoints(environment).token);
    return { id, kind: 'endpoint', app };
  }

  /** Named after the secret too, so that a replaced secret starts clean. */
  credentialCircuit(app: RegisteredApp, environment: string, client: ClientCredential): Circuit {
    const { token } = app.endpoints(environment);
    const id = this.fingerprint('credential', token, client.id, client.secret);
    return { id, kind: 'credential', app };
  }

  /** Asks the host's resolver again whether the credential of an open circuit was replaced. */
  async isReplaced(app: RegisteredApp, environment: string, open: Circuit): Promise<boolean> {
    const client = await app.credential(environment, true);
    return this.credentialCircuit(app, environment, client).id !== open.id;
  }

  /** Every renewal needs them and there are few: kept, up to a bound. */
  private fingerprint(...parts: readonly string[]): string {
    const key = parts.join('\n');
    let fingerprint = this.fingerprints.get(key);
    if (fingerprint === undefined) {
      fingerprint = this.sealing.fingerprint(...parts);
      if (this.fingerprints.size >= FINGERPRINTS) this.fingerprints.clear();
      this.fingerprints.set(key, fingerprint);
    }
    return fingerprint;
  }
}
