import type { DynamicModule, Type } from '@nestjs/common';
import type { ProviderApi } from '../../token/api/provider.api.js';
import type { ApiMethod } from '../../token/api/api-request.js';
import type { Connection } from '../../provider/connection.js';
import type { ConnectionRef } from '../../provider/connection-ref.js';
import type { ContractHost } from './contract-host.js';

/** What decides which rows of the contract apply. It is compared with the definition. */
export interface ContractCapabilities {
  /** Merchants approve; otherwise client credentials. */
  readonly needsPerson: boolean;
  /** Every renewal brings a new refresh token, and the old one is of no use. */
  readonly rotates: boolean;
  /** Every use has a token of its own. */
  readonly tokenPerUse: boolean;
  /** Client credentials whose answers bring a refresh token that is tried first. */
  readonly refreshes: boolean;
  /** Those that `connect` can reach; the first is the usual one. */
  readonly environments: readonly string[];
}

/** Where the host of a test believes things to be. */
export interface ContractPlace {
  /** What plays the provider, behind the contract's own proxy; has the path of `ContractProvider.url`. */
  readonly baseUrl: string;
  /** The host's origin, for redirect URIs. */
  readonly hostUrl: string;
  /** `undefined` is the usual app; `second` one with credentials of its own. */
  readonly app: 'second' | undefined;
}

/** Which connection is wanted. */
export interface ContractChoice {
  readonly app: 'second' | undefined;
  /** Two accounts that have nothing to do with each other. */
  readonly account: 0 | 1;
  readonly environment: string;
}

/** A running stand-in of the provider: its sandbox, or a server. */
export interface ContractProvider {
  /** Where it listens; its path, if it has one, is that of `baseUrl`. */
  readonly url: string;
  /** Client secrets that hosts are configured with. */
  readonly secrets: readonly string[];
  /** Path of the token endpoint. */
  readonly tokenPath: RegExp;
  /** The client that calls the API. */
  readonly api: Type<ProviderApi>;
  /** A call that succeeds with every good token; default method `GET`. */
  call(connection: Connection): {
    readonly method?: ApiMethod;
    readonly path: string;
    readonly body?: unknown;
    /** A second one would do it again: without a clear answer it is `outcome_unknown`. */
    readonly once?: boolean;
  };
  /** The module under test, with all its URLs below `baseUrl`. */
  module(at: ContractPlace): DynamicModule;
  /**
   * Makes a connection as a merchant or a host would; the same choice leads to the same connection.
   * It fails when the provider does.
   */
  connect(host: ContractHost, choice: ContractChoice): Promise<ConnectionRef>;
  stop(): Promise<void>;
}

/** A provider library that is held to the contract. */
export interface ContractSubject {
  /** For the names of the tests: `Flint`. */
  readonly name: string;
  readonly capabilities: ContractCapabilities;
  /** @param publicUrl origin under which hosts and browsers will reach it, for an issuer to be known by */
  start(publicUrl: string): Promise<ContractProvider>;
}
