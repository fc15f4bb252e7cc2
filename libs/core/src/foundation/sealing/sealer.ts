import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { KeyRing } from './key-ring.js';
import { Nonces } from './nonces.js';

const VERSION = 1;
const NONCE = 12;
const TAG = 16;
const DAY_MS = 86_400_000;

/** Where a sealed value belongs. It opens nowhere else. */
export interface SealPlace {
  readonly table: string;
  readonly row: string;
  readonly column: string;
}

/** A value that cannot be opened: wrong place, changed bytes, or a key that is not on the ring. */
export class UnsealError extends Error {
  constructor(readonly reason: 'unknown_key' | 'tampered' | 'malformed') {
    super(`sealed value cannot be opened: ${reason}`);
    this.name = 'UnsealError';
  }
}

/**
 * AES-256-GCM. Layout: version (1), length of key id (1), key id, day (4), nonce (12), ciphertext,
 * tag (16). The associated data are the header and the place, so that a value swapped between rows
 * or columns fails to open.
 */
export class Sealer {
  private readonly nonces = new Nonces();

  constructor(private readonly ring: KeyRing) {}

  seal(place: SealPlace, plaintext: string): Buffer {
    const id = this.ring.newest;
    const day = Math.floor(Date.now() / DAY_MS);
    const key = this.ring.derive(id, place.table, day);
    if (key === undefined) throw new UnsealError('unknown_key');
    const header = writeHeader(id, day);
    const nonce = this.nonces.next();
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(associatedData(header, place));
    const body = cipher.update(plaintext, 'utf8');
    cipher.final();
    return Buffer.concat([header, nonce, body, cipher.getAuthTag()]);
  }

  /** @throws UnsealError */
  open(place: SealPlace, sealed: Uint8Array | ArrayBuffer): string {
    // libsql hands blobs out as ArrayBuffer.
    const bytes = Buffer.from(sealed instanceof ArrayBuffer ? new Uint8Array(sealed) : sealed);
    const idLength = bytes[1] ?? 0;
    const headerLength = 6 + idLength;
    if (bytes[0] !== VERSION || bytes.length < headerLength + NONCE + TAG) {
      throw new UnsealError('malformed');
    }
    const header = bytes.subarray(0, headerLength);
    const id = header.toString('utf8', 2, 2 + idLength);
    const key = this.ring.derive(id, place.table, header.readUInt32BE(2 + idLength));
    if (key === undefined) throw new UnsealError('unknown_key');
    const nonce = bytes.subarray(headerLength, headerLength + NONCE);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
    decipher.setAAD(associatedData(header, place));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
    try {
      const body = bytes.subarray(headerLength + NONCE, bytes.length - TAG);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    } catch {
      throw new UnsealError('tampered');
    }
  }
}

function writeHeader(id: string, day: number): Buffer {
  const name = Buffer.from(id, 'utf8');
  const header = Buffer.alloc(6 + name.length);
  header[0] = VERSION;
  header[1] = name.length;
  name.copy(header, 2);
  header.writeUInt32BE(day, 2 + name.length);
  return header;
}

/** The header names version, key id and day; the place adds table, row and column. */
function associatedData(header: Buffer, place: SealPlace): Buffer {
  return Buffer.concat([
    header,
    Buffer.from(`\n${place.table}\n${place.row}\n${place.column}`, 'utf8'),
  ]);
}
