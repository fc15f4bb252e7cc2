import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EncryptionKey } from './key-ring.js';

const KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

export const ENCRYPTION_KEYS_EXPECTED =
  'one or more id:key pairs separated by commas, newest first, each key 32 random bytes in base64';

/** From `FLOCK_ENCRYPTION_KEYS`; `undefined` when the text is not usable. */
export function parseEncryptionKeys(text: string): EncryptionKey[] | undefined {
  const keys: EncryptionKey[] = [];
  for (const pair of text.split(',')) {
    const colon = pair.indexOf(':');
    const id = pair.slice(0, colon).trim();
    const encoded = pair.slice(colon + 1).trim();
    const key = Buffer.from(encoded, 'base64');
    const canonical = key.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '');
    const known = keys.some((other) => other.id === id);
    if (colon < 0 || known || !canonical || !areUsable([{ id, key }])) return undefined;
    keys.push({ id, key });
  }
  return keys;
}

/** What a key provider gives comes from outside. */
export function areUsable(keys: readonly EncryptionKey[]): boolean {
  if (!Array.isArray(keys) || keys.length === 0) return false;
  const ids = new Set(keys.map((one: Partial<EncryptionKey> | null) => one?.id));
  return ids.size === keys.length && keys.every(isUsable);
}

const isUsable = (one: Partial<EncryptionKey> | null): boolean =>
  typeof one?.id === 'string' &&
  KEY_ID.test(one.id) &&
  Buffer.isBuffer(one.key) &&
  one.key.length === KEY_BYTES &&
  !isConstant(one.key);

/** Refuses the sample keys that people paste: all zeros, all the same byte. */
const isConstant = (key: Buffer): boolean => key.every((byte) => byte === key[0]);

/** For development only: reads the key file, or makes one with mode 0600. */
export function developmentKeys(file: string): { keys: EncryptionKey[]; created: boolean } {
  const created = !existsSync(file);
  if (created) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const text = `dev:${randomBytes(KEY_BYTES).toString('base64')}\n`;
    try {
      writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      // Another process of the same host made it first.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  const keys = parseEncryptionKeys(readFileSync(file, 'utf8').trim());
  if (keys === undefined)
    throw new Error(`${file} holds no usable key; expected ${ENCRYPTION_KEYS_EXPECTED}`);
  return { keys, created };
}
