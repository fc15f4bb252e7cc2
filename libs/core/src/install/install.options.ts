/** What the wing needs of the options. */
export interface InstallOptions {
  /** Requests to the install routes that one address may make a minute, and at once. */
  readonly installsPerMinute: number;
}
export const INSTALL_OPTIONS = Symbol('nest-flock:install-options');
