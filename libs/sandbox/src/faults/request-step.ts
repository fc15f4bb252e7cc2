import type { Answer } from '../server/answer.js';

/** How the work on a request is to be done while a fault is played. */
export interface WorkOptions {
  /** Do not replace the refresh token: the answer will not carry a new one. */
  readonly keepRefreshToken?: boolean;
}

/** What a fault needs to know of the request it is played on. */
export interface RequestStep {
  /** Does the work and returns the true answer. Called at most once. */
  work(options?: WorkOptions): Answer;
  /** An error in the provider's form for this operation. */
  error(status: number, error: string, description?: string): Answer;
  /** A rate limit in the provider's form for this operation. */
  rateLimit(headers: Readonly<Record<string, string>>): Answer;
}

/**
 * What the client was given: the true answer, one with changed fields, something else, or nothing.
 */
export type Played = 'true' | 'changed' | 'other' | 'nothing';
