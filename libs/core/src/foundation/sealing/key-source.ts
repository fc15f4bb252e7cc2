import { Inject, Injectable, Logger } from '@nestjs/common';
import { join } from 'node:path';
import { FlockError } from '../errors/flock.error.js';
import { Listeners } from '../listeners.js';
import { within } from '../time/within.js';
import { areUsable, developmentKeys, ENCRYPTION_KEYS_EXPECTED } from './encryption-keys.js';
import type { EncryptionKey, KeyProvider } from './key-ring.js';
import { SealingService } from './sealing.service.js';

/** Where the keys come from: the provider, else these, else a development key in `dataDir`. */
export interface SealingOptions {
  readonly keyProvider?: KeyProvider | undefined;
  readonly encryptionKeys?: readonly EncryptionKey[] | undefined;
  readonly dataDir: string;
}
export const SEALING_OPTIONS = Symbol('nest-flock:sealing-options');

const SECOND = 1_000;
const ASK_EVERY_SECONDS = 60;
const DEADLINE_SECONDS = 10;
/** Anybody can send a cookie that names a key which does not exist: the KMS is not asked for each. */
const ASK_AGAIN_MS = 10_000;

/** Where the keys come from: the host's provider, the configuration, or the development file. */
@Injectable()
export class KeySource {
  private readonly logger = new Logger('NestFlock');
  private keys: readonly EncryptionKey[] = [];
  private askedAt = -Infinity;
  private asking: Promise<void> | undefined;
  private failing = false;
  private readonly changed = new Listeners();

  constructor(
    @Inject(SEALING_OPTIONS) private readonly options: SealingOptions,
    private readonly sealing: SealingService,
  ) {
    sealing.onUnknownKey(() => void this.askAgain());
  }

  /** `listener` runs whenever other keys are in use: what could not be opened may be now. */
  onChanged(listener: () => void): void {
    this.changed.add(listener);
  }

  /** Milliseconds between two looks at the provider's keys; `undefined` where they never change. */
  get everyMs(): number | undefined {
    const { keyProvider } = this.options;
    return keyProvider && (keyProvider.everySeconds ?? ASK_EVERY_SECONDS) * SECOND;
  }

  /** @throws FlockError `configuration_invalid` */
  async start(): Promise<void> {
    const { keyProvider, encryptionKeys, dataDir } = this.options;
    if (keyProvider !== undefined) this.use(await this.ask(keyProvider));
    else this.use(encryptionKeys ?? this.generated(join(dataDir, 'encryption-key')));
  }

  /** Asks the provider for its present keys. While it fails, those that we have go on. */
  reload(): Promise<void> {
    const { keyProvider } = this.options;
    if (keyProvider === undefined) return Promise.resolve();
    this.askedAt = performance.now();
    this.asking ??= this.ask(keyProvider)
      .then((keys) => {
        if (!isSame(keys, this.keys)) this.use(keys);
        this.failing = false;
      })
      .catch((error: unknown) => {
        if (!this.failing) {
          this.logger.error(`${(error as Error).message} The keys from before are kept.`);
        }
        this.failing = true;
      })
      .finally(() => (this.asking = undefined));
    return this.asking;
  }

  /** Before values are opened that may be younger than our keys: asks, if the provider may know more. */
  async prepare(...sealed: readonly (Buffer | null | undefined)[]): Promise<void> {
    if (this.options.keyProvider === undefined) return;
    if (sealed.every((value) => !value || this.sealing.knowsKeyOf(value))) return;
    await this.askAgain();
  }

  /** A key that we do not have was met. */
  private askAgain(): Promise<void> {
    if (this.asking !== undefined) return this.asking;
    if (performance.now() - this.askedAt < ASK_AGAIN_MS) return Promise.resolve();
    return this.reload();
  }

  private use(keys: readonly EncryptionKey[]): void {
    this.keys = keys;
    this.sealing.use(keys);
    this.changed.tell();
  }

  private async ask(provider: KeyProvider): Promise<readonly EncryptionKey[]> {
    const seconds = provider.timeoutSeconds ?? DEADLINE_SECONDS;
    // Its own error is not passed on: it may quote a key.
    const asked = Promise.resolve()
      .then(() => provider.keys())
      .catch(() => undefined);
    const keys = await within(seconds * SECOND, asked, () => {
      throw unusable(`gave no keys within ${seconds} s`);
    });
    if (keys === undefined) throw unusable('failed to give its keys');
    if (!areUsable(keys)) {
      throw unusable(`gave keys that cannot be used; expected ${ENCRYPTION_KEYS_EXPECTED}`);
    }
    const changed = keys.find(({ id, key }) =>
      this.keys.some((old) => old.id === id && !old.key.equals(key)),
    );
    if (changed !== undefined) {
      throw unusable(`gave another key under the id "${changed.id}"; a new key needs a new id`);
    }
    return keys;
  }

  private generated(file: string): readonly EncryptionKey[] {
    const { keys, created } = readOrMake(file);
    this.logger.warn(
      created
        ? `FLOCK_ENCRYPTION_KEYS is not set: a development key was made in ${file}. Keep the file out of version control; production will not start without the variable.`
        : `FLOCK_ENCRYPTION_KEYS is not set: using the development key in ${file}.`,
    );
    return keys;
  }
}

function readOrMake(file: string): ReturnType<typeof developmentKeys> {
  try {
    return developmentKeys(file);
  } catch (error) {
    throw new FlockError(
      'configuration_invalid',
      `FLOCK_DATA_DIR: the development key cannot be read or made (${(error as Error).message}); expected a folder that may be written, or FLOCK_ENCRYPTION_KEYS.`,
    );
  }
}

const isSame = (keys: readonly EncryptionKey[], others: readonly EncryptionKey[]): boolean =>
  keys.length === others.length &&
  keys.every(({ id, key }, index) => {
    const other = others[index];
    return other?.id === id && other.key.equals(key);
  });

const unusable = (what: string): FlockError =>
  new FlockError('configuration_invalid', `The key provider ${what}.`);
