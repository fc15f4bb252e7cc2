import { Injectable } from '@nestjs/common';
import { FlockError } from '../errors/flock.error.js';
import { Listeners } from '../listeners.js';
import { KeyRing } from './key-ring.js';
import type { EncryptionKey } from './key-ring.js';
import { keyIdOf } from './key-id-of.js';
import { Sealer, UnsealError } from './sealer.js';
import type { SealPlace } from './sealer.js';

/** Seals and opens with the live keys; see `KeySource` for where they come from. */
@Injectable()
export class SealingService {
  private ring: KeyRing | undefined;
  private sealer: Sealer | undefined;
  private readonly unknownKey = new Listeners();

  /** `listener` runs when a value names a key that is not on the ring. */
  onUnknownKey(listener: () => void): void {
    this.unknownKey.add(listener);
  }

  use(keys: readonly EncryptionKey[]): void {
    this.ring = new KeyRing(keys);
    this.sealer = new Sealer(this.ring);
  }

  seal(place: SealPlace, plaintext: string): Buffer {
    return this.started().seal(place, plaintext);
  }

  /** @throws UnsealError */
  open(place: SealPlace, sealed: Uint8Array | ArrayBuffer): string {
    try {
      return this.started().open(place, sealed);
    } catch (error) {
      if (error instanceof UnsealError && error.reason === 'unknown_key') this.unknownKey.tell();
      throw error;
    }
  }

  /** The id of the key that seals. */
  get newestKey(): string {
    this.started();
    return (this.ring as KeyRing).newest;
  }

  /** Ids of all keys, the one that seals first. */
  get keyIds(): readonly string[] {
    this.started();
    return (this.ring as KeyRing).ids;
  }

  /** Whether the key that sealed a value is there. */
  knowsKeyOf(sealed: Uint8Array | ArrayBuffer): boolean {
    const id = keyIdOf(sealed);
    return id !== undefined && this.keyIds.includes(id);
  }

  fingerprint(...parts: readonly string[]): string {
    this.started();
    return (this.ring as KeyRing).fingerprint(...parts);
  }

  private started(): Sealer {
    if (this.sealer === undefined) {
      throw new FlockError('provider_unavailable', 'Nest Flock is not started: no key is loaded.');
    }
    return this.sealer;
  }
}
