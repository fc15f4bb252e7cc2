import { resolveSecret } from '../../foundation/configuration/resolve-secret.js';
import type { Secret } from '../../foundation/configuration/variable.js';

/** A secret that is resolved once, and again when the provider refuses it. */
export class RememberedSecret {
  private known: Promise<string> | undefined;

  constructor(
    private readonly secret: Secret,
    private readonly name: string,
  ) {}

  /** @throws FlockError `app_credentials_rejected` when the host's resolver gives none */
  value(): Promise<string> {
    return this.known ?? this.resolve();
  }

  /**
   * Resolved anew, once for all that were refused with the same one.
   * @param rejected what the provider refused; a newer one that is already known goes before
   * @throws FlockError `app_credentials_rejected`
   */
  async fresh(rejected?: string): Promise<string> {
    const before = this.known;
    const known = await before?.catch(() => undefined);
    // Somebody else has asked meanwhile.
    if (this.known !== before) return this.value();
    if (known !== undefined && rejected !== undefined && known !== rejected) return known;
    return this.resolve();
  }

  private resolve(): Promise<string> {
    const asked = resolveSecret(this.secret, this.name);
    this.known = asked;
    asked.catch(() => {
      // A failure is not remembered: the vault may answer the next time.
      if (this.known === asked) this.known = undefined;
    });
    return asked;
  }
}
