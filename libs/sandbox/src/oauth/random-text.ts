import { randomFillSync } from 'node:crypto';

const BYTES = 24;
const pool = Buffer.alloc(BYTES * 512);
let used = pool.length;

/** 192 random bits as 32 letters. Draws from a pool, since tokens are made by the thousand. */
export function randomText(): string {
  if (used >= pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += BYTES;
  return pool.toString('base64url', used - BYTES, used);
}
