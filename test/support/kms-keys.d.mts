import type { EncryptionKey, KeyProvider } from '@nest-flock/core';

export declare class KmsKeys implements KeyProvider {
  constructor(settings: {
    file: string;
    url: string;
    everySeconds?: number;
    timeoutSeconds?: number;
  });
  readonly everySeconds?: number;
  readonly timeoutSeconds?: number;
  keys(): Promise<EncryptionKey[]>;
}
