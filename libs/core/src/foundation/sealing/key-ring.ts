import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A 256-bit key and the name that ciphertexts carry. */
export interface EncryptionKey {
  readonly id: string;
  readonly key: Buffer;
}

/** Where keys come from when not from `FLOCK_ENCRYPTION_KEYS`: a KMS or vault. */
export interface KeyProvider {
  /**
   * All live keys; the first one seals, every one opens. Asked at the start, on a schedule, and when
   * a value names a key that is not among them, so that a new key needs no restart. A failure at the
   * start stops it; a later one leaves the keys as they are.
   */
  keys(): Promise<readonly EncryptionKey[]> | readonly EncryptionKey[];
  /** Seconds between two looks. Default 60. */
  readonly everySeconds?: number;
  /** Seconds that an answer may take. Default 10. */
  readonly timeoutSeconds?: number;
}

/** Derived keys kept at once: purposes times days times keys in use stays far below. */
const CACHE_SIZE = 256;
/** Every renewal needs some, and there are few. */
const FINGERPRINTS = 10_000;

/**
 * The live keys. What seals is never a named key itself but one derived from it for a purpose and a
 * day (HKDF-SHA256, RFC 5869), so that no key ever comes near 2^32 random nonces
 * (NIST SP 800-38D 8.3).
 */
export class KeyRing {
  private readonly keys: ReadonlyMap<string, KeyObject>;
  private readonly derived = new Map<string, KeyObject>();
  private readonly fingerprints = new Map<string, string>();
  readonly newest: string;

  constructor(keys: readonly EncryptionKey[]) {
    const [first] = keys;
    if (first === undefined) throw new Error('a key ring needs at least one key');
    this.newest = first.id;
    this.keys = new Map(keys.map(({ id, key }) => [id, createSecretKey(key)]));
  }

  get ids(): readonly string[] {
    return [...this.keys.keys()];
  }

  derive(id: string, purpose: string, day: number): KeyObject | undefined {
    const name = `${id}\n${purpose}\n${day}`;
    const cached = this.derived.get(name);
    if (cached !== undefined) return cached;
    const root = this.keys.get(id);
    if (root === undefined) return undefined;
    const bytes = hkdfSync('sha256', root, Buffer.alloc(0), `nest-flock/v1/${purpose}/${day}`, 32);
    const key = createSecretKey(Buffer.from(bytes));
    if (this.derived.size >= CACHE_SIZE) this.derived.clear();
    this.derived.set(name, key);
    return key;
  }

  /** A keyed digest: names a secret in the store without giving away anything about it. */
  fingerprint(...parts: readonly string[]): string {
    const text = JSON.stringify(parts);
    let fingerprint = this.fingerprints.get(text);
    if (fingerprint === undefined) {
      const key = this.derive(this.newest, 'fingerprint', 0) as KeyObject;
      fingerprint = createHmac('sha256', key).update(text).digest('hex');
      if (this.fingerprints.size >= FINGERPRINTS) this.fingerprints.clear();
      this.fingerprints.set(text, fingerprint);
    }
    return fingerprint;
  }
}
