const VERSION = 1;
const LONGEST_ID = 32;

/** Bytes at the beginning of a sealed value that are enough for {@link keyIdOf}. */
export const SEALED_HEAD = 2 + LONGEST_ID;

/**
 * The id of the key that sealed a value, from its first bytes and without opening it; `undefined`
 * when it is no sealed value. See `Sealer` for the layout.
 */
export function keyIdOf(sealed: Uint8Array | ArrayBuffer): string | undefined {
  // libsql hands blobs out as ArrayBuffer.
  const bytes = Buffer.from(sealed instanceof ArrayBuffer ? new Uint8Array(sealed) : sealed);
  const length = bytes[1] ?? 0;
  if (bytes[0] !== VERSION || length === 0 || bytes.length < 2 + length) return undefined;
  return bytes.toString('utf8', 2, 2 + length);
}
