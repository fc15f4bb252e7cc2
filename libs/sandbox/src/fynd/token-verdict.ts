import type { FyndExtension } from './fynd-extension.js';
import type { FyndTokenAnswer } from './fynd-token-answer.js';
import type { FyndRefreshToken } from './fynd-tokens.js';
import type { FyndWorld } from './fynd-world.js';
import type { TokenInput } from './token-input.js';

export interface FyndTokenRequest {
  readonly world: FyndWorld;
  readonly input: TokenInput;
  readonly extension: FyndExtension;
  /** Of the path. */
  readonly companyId: string;
  readonly route: 'token' | 'offline-token';
}

/** What became of a token request. */
export interface FyndVerdict {
  /** The tokens, when there are any. */
  readonly answer?: FyndTokenAnswer;
  readonly spent?: FyndRefreshToken;
  readonly error?: string;
  readonly description?: string;
  readonly violation?: string;
  /** A replaced refresh token, out of its grace, was presented. */
  readonly reuse?: boolean;
}
