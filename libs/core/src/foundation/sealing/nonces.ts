import { randomBytes } from 'node:crypto';

const NONCE = 12;
const BLOCK = 256;

/** Random 96-bit nonces, drawn many at a time: each draw costs as much as sealing a token. */
export class Nonces {
  private block: Buffer = Buffer.alloc(0);
  private at = 0;

  next(): Buffer {
    if (this.at >= this.block.length) {
      this.block = randomBytes(BLOCK * NONCE);
      this.at = 0;
    }
    const nonce = this.block.subarray(this.at, this.at + NONCE);
    this.at += NONCE;
    return nonce;
  }
}
