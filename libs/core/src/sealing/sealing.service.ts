import { Injectable } from '@nestjs/common';
import { FlockError } from '../errors/flock.error.js';
import { KeyRing } from './key-ring.js';
import type { EncryptionKey } from './key-ring.js';
import { Sealer } from './sealer.js';
import type { SealPlace } from './sealer.js';

/** Seals and opens with the keys that were live at the start. */
@Injectable()
export class SealingService {
  private ring: KeyRing | undefined;
  private sealer: Sealer | undefined;

  use(keys: readonly EncryptionKey[]): void {
    this.ring = new KeyRing(keys);
    this.sealer = new Sealer(this.ring);
  }

  seal(place: SealPlace, plaintext: string): Buffer {
    return this.started().seal(place, plaintext);
  }

  /** @throws UnsealError */
  open(place: SealPlace, sealed: Uint8Array | ArrayBuffer): string {
    return this.started().open(place, sealed);
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
