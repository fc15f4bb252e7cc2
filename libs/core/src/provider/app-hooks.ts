import type { Connection } from './connection.js';
import type { ConnectionRef } from './connection-ref.js';
import type { HttpRequest } from '../foundation/http/request.js';

/** Who is installing, as the host knows it. */
export interface InstallIdentity {
  /** The host's signed-in user; with `hooks.user`, the same must come back (S4). Else only recorded. */
  readonly user?: string;
  /** Whom the connection will belong to: a tenant, a user. */
  readonly owner?: string;
  /** Anything that fits JSON; carried sealed and handed to `installed`. */
  readonly context?: unknown;
}

export interface InstallStart {
  readonly request: HttpRequest;
  readonly provider: string;
  readonly app: string;
  readonly environment: string;
  /** Whose account it will be, where the provider says so beforehand: Fynd's company. */
  readonly account?: string;
}

export interface InstallTransfer {
  readonly connection: Connection;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly context: unknown;
}

export type ResolvedConnections = ConnectionRef | readonly ConnectionRef[] | undefined;

/** What the host may decide about installs. Every hook may be async. */
export interface InstallHooks {
  /** Names user and owner, or refuses by returning `false`. Without it, anybody may install and nobody owns. */
  identify?(start: InstallStart): InstallIdentity | false | Promise<InstallIdentity | false>;
  /** The host's signed-in user of any request; with it, installs and sessions hold for that user alone. */
  user?(request: HttpRequest): string | undefined | Promise<string | undefined>;
  /**
   * Which connections a request may act for, where the host decides that itself instead of by the
   * session cookie. The host then answers for authentication and cross-site protection.
   */
  resolveConnection?(
    request: HttpRequest,
    place: { readonly provider: string; readonly app: string; readonly environment?: string },
  ): ResolvedConnections | Promise<ResolvedConnections>;
  /** The account belongs to another owner: `true` hands it over, which is audited. */
  permitTransfer?(transfer: InstallTransfer): boolean | Promise<boolean>;
  /**
   * Secrets of webhooks that the host keeps itself, newest first; asked again when a signature is of
   * none of the known ones. `tenant` is the last part of the route `webhooks/<tenant>`.
   */
  webhookSecrets?(of: {
    readonly provider: string;
    readonly app: string;
    readonly tenant?: string;
  }): readonly string[] | Promise<readonly string[]>;
  /** After the connection is stored. An error here is logged and does not undo the install. */
  installed?(connection: Connection, context: unknown): void | Promise<void>;
}
