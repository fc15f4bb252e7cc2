import type { GrantState } from './flint-install.js';
import type { RefreshState } from './flint-token.js';
import type { FlintTokenAnswer } from './flint-token-answer.js';

/** What came of presenting a code or a refresh token. */
export type TokenVerdict =
  | {
      readonly issued: true;
      readonly grant: GrantState;
      readonly answer: FlintTokenAnswer;
      /** The refresh token that this replaced. */
      readonly spent?: RefreshState;
    }
  | {
      readonly issued: false;
      readonly grant?: GrantState;
      readonly description: string;
      /** Set when a correct client would not have presented it. */
      readonly violation?: string;
      /** Set when a replaced refresh token, out of its grace, was presented. */
      readonly reuse?: boolean;
    };
