import { inspect } from 'node:util';

/** Secrets that were planted, and a search for them in whatever came out. */
export class Canaries {
  private readonly secrets = new Map<string, string>();

  /** Remembers a secret by a name that may be printed; returns it. */
  plant(name: string, secret: string): string {
    this.secrets.set(name, secret);
    return secret;
  }

  /** @throws Error that names the secret, without its value */
  refuse(where: string, ...values: readonly unknown[]): void {
    for (const value of values) {
      const text = typeof value === 'string' ? value : shown(value);
      for (const [name, secret] of this.secrets) {
        if (text.includes(secret)) throw new Error(`${name} came out in ${where}`);
      }
    }
  }
}

/** As a logger, a page or a serializer would show it. */
function shown(value: unknown): string {
  const seen = inspect(value, { depth: 8, showHidden: true });
  return value instanceof Error ? `${seen}\n${value.stack}\n${JSON.stringify(value)}` : seen;
}
