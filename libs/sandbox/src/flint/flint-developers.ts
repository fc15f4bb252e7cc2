import type { SecretRegister } from '../inspection/secret-register.js';
import { randomText } from '../oauth/random-text.js';

/** Who may manage apps: the guide's key scope. */
export const GUIDE_SCOPE = 'accounts.merchants.write';

/** The credentials of the merchant who owns the apps. */
export class FlintDevelopers {
  private readonly keys = new Map<string, readonly string[]>();
  private readonly sessions = new Set<string>();

  constructor(
    private readonly secrets: SecretRegister,
    private readonly prefix: string,
  ) {}

  addKey(scopes: readonly string[]): string {
    const key = this.secrets.note(`fpk_${this.prefix}${randomText()}`);
    this.keys.set(key, [...scopes]);
    return key;
  }

  /** A session may do everything. */
  addSession(): string {
    const token = this.secrets.note(`fds_${this.prefix}${randomText()}`);
    this.sessions.add(token);
    return token;
  }

  /** The scopes of a credential, `all` for a session, `undefined` for an unknown one. */
  scopesOf(credential: string): readonly string[] | 'all' | undefined {
    return this.sessions.has(credential) ? 'all' : this.keys.get(credential);
  }
}
