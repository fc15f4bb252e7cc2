import { membersOf } from '@nest-flock/core/provider';
import type { ProviderApiProblem } from '@nest-flock/core/provider';

/** No digits: whatever an error echoes, a card number does not pass for a code. */
const CODE = /^[A-Z]{1,40}(_[A-Z]{1,40}){0,8}$/;

/**
 * The error form of the card page: `{ codeName, message, statusCode }`. 401, 403 and 405 share a
 * code there, so that the status decides. A 403 in any other form comes from what stands before the
 * API: the address is not on the list that was approved (Authorization page).
 */
export function readFlexPayProblem(body: unknown, status: number): ProviderApiProblem {
  const code = identifier(membersOf(body)?.codeName);
  return {
    ...(code !== undefined && { code }),
    ...(status === 403 && !isFlexPayError(body) && { kind: 'ip_not_allowed' as const }),
  };
}

/** The same at the token endpoint, where RFC 6749's form would be a refusal as well. */
export function readTokenProblem(body: unknown, status: number): 'ip_not_allowed' | undefined {
  const known = isFlexPayError(body) || typeof membersOf(body)?.error === 'string';
  return status === 403 && !known ? 'ip_not_allowed' : undefined;
}

/**
 * The card read answers 200 with `errorCode` and no card when the loan was not accepted (card page).
 * No other call is documented to.
 */
export function readFailure(body: unknown, path: string): { code?: string } | undefined {
  if (!/\/orders\/[^/]+\/(payment|card)$/.test(path)) return undefined;
  const code = membersOf(body)?.errorCode;
  const card = membersOf(body)?.card;
  if (code === undefined || code === null || code === '') return undefined;
  if (typeof card === 'object' && card !== null) return undefined;
  const name = identifier(code);
  return name === undefined ? {} : { code: name };
}

const isFlexPayError = (body: unknown): boolean =>
  typeof membersOf(body)?.codeName === 'string' &&
  typeof membersOf(body)?.message === 'string' &&
  isStatus(membersOf(body)?.statusCode);

const isStatus = (value: unknown): boolean =>
  Number.isInteger(value) || (typeof value === 'string' && /^\d{3}$/.test(value));

const identifier = (value: unknown): string | undefined =>
  typeof value === 'string' && CODE.test(value) ? value : undefined;
