/** An extension, as it is registered with Fynd Partners. */
export interface FyndExtension {
  readonly name: string;
  /** The API key. */
  readonly client_id: string;
  /** The API secret. */
  client_secret: string;
  /** Where launches go: `/fp/install` below it. */
  extensionUrl: string;
  readonly redirect_uris: string[];
  readonly scopes: readonly string[];
}

/** What a further extension is registered with. */
export interface FyndExtensionRegistration {
  readonly name?: string;
  readonly extensionUrl: string;
  readonly scopes?: readonly string[];
}
