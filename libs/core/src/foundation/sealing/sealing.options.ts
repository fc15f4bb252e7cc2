import type { EncryptionKey, KeyProvider } from './key-ring.js';

/** Where the keys come from: the provider, else these, else a development key in `dataDir`. */
export interface SealingOptions {
  readonly keyProvider?: KeyProvider | undefined;
  readonly encryptionKeys?: readonly EncryptionKey[] | undefined;
  readonly dataDir: string;
}
export const SEALING_OPTIONS = Symbol('nest-flock:sealing-options');
