import { amountNumber, checkAmount, invalidField, isText } from '@nest-flock/core/provider';
import { isId } from './read-answer.js';

const LONGEST = 100;

/**
 * The number that FlinksPay wants: 0.01 to 99999.99 in steps of 0.01 (Sessions/Initiate page, v2).
 * @throws FlockError `invalid_amount`
 */
export function readAmount(value: string): number {
  return amountNumber(checkAmount(value, 'amount', { min: '0.01', max: '99999.99' }));
}

/** 1 to 100 characters. @throws FlockError `invalid_request` */
export function readText(value: string, field: string): string {
  if (isText(value, LONGEST)) return value;
  throw invalidField(field, `a text of 1 to ${LONGEST} characters`);
}

/** @throws FlockError `invalid_request` */
export function readEmail(value: string, field: string): string {
  if (/^[^\s@]+@[^\s@]+$/.test(readText(value, field))) return value;
  throw invalidField(field, 'an e-mail address');
}

/** @throws FlockError `invalid_request` */
export function readDigits(
  value: string,
  field: string,
  pattern: RegExp,
  expected: string,
): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw invalidField(field, expected);
}

/** An id as FlinksPay gives it, on its way into a path. @throws FlockError `invalid_request` */
export function readId(value: string, field: string): string {
  if (isId(value)) return value;
  throw invalidField(field, 'an id that FlinksPay gave');
}

/** @throws FlockError `invalid_request` */
export function readUrls(
  value: Readonly<Record<string, string>>,
  field: string,
): Readonly<Record<string, string>> {
  const urls: unknown[] = typeof value === 'object' && value !== null ? Object.values(value) : [];
  const good = urls.every(
    (url) => typeof url === 'string' && /^https?:/.test(url) && URL.canParse(url),
  );
  if (good && urls.length > 0) return value;
  throw invalidField(field, 'an object whose values are absolute URLs');
}
