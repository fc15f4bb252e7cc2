import { FlockError } from '../errors/flock.error.js';

/** What an amount must keep to. Limits are themselves exact: a text, or a number such as `0.01`. */
export interface AmountLimits {
  readonly min?: string | number;
  readonly max?: string | number;
  /** Most digits after the point; default 2. */
  readonly decimals?: number;
}

/** No sign, no exponent, no group separators, no leading zeros: one way to write it. */
const DECIMAL = /^(0|[1-9]\d*)(?:\.(\d+))?$/;
/** So many significant digits survive the way through an IEEE 754 double and back. */
const EXACT_DIGITS = 15;
/** Far beyond any amount; keeps an endless text out of the arithmetic. */
const LONGEST = 40;

/**
 * Checks an amount of money: a decimal text such as `"1064.10"`, returned as it came. It also
 * survives as a JSON number (see {@link amountNumber}).
 * @param field named in the error; the value is not
 * @throws FlockError `invalid_amount`
 */
export function checkAmount(
  value: string,
  field: string,
  { min, max, decimals = 2 }: AmountLimits = {},
): string {
  const refuse = (expected: string) =>
    new FlockError('invalid_amount', `"${field}" is not a usable amount; expected ${expected}.`);
  const form = `a text such as "${decimals === 0 ? '1064' : `1064.${'10'.padEnd(decimals, '0').slice(0, decimals)}`}" with at most ${decimals} decimals`;
  const parts = typeof value === 'string' && value.length <= LONGEST ? DECIMAL.exec(value) : null;
  if (parts === null || (parts[2]?.length ?? 0) > decimals) throw refuse(form);
  if (!isExactAsNumber(value)) throw refuse(`at most ${EXACT_DIGITS} significant digits`);
  const tooSmall = min !== undefined && compare(value, String(min)) < 0;
  const tooLarge = max !== undefined && compare(value, String(max)) > 0;
  if (tooSmall || tooLarge) {
    const range = [min !== undefined && `at least ${min}`, max !== undefined && `at most ${max}`];
    throw refuse(range.filter((part) => part !== false).join(' and '));
  }
  return value;
}

/**
 * The number that a provider wants in JSON, of an amount that {@link checkAmount} let through.
 * @throws FlockError `invalid_amount` for any other text, so that no digit is lost in silence
 */
export function amountNumber(value: string): number {
  if (DECIMAL.test(value) && isExactAsNumber(value)) return Number(value);
  throw new FlockError('invalid_amount', 'An amount must be checked before it becomes a number.');
}

/** Trailing zeros count as well: the sum of all digits is the cautious reading. */
function isExactAsNumber(value: string): boolean {
  return value.replace('.', '').replace(/^0+/, '').length <= EXACT_DIGITS;
}

/** Negative, zero or positive, by exact arithmetic. */
function compare(one: string, other: string): number {
  const scale = Math.max(decimalsOf(one), decimalsOf(other));
  const difference = units(one, scale) - units(other, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const decimalsOf = (value: string): number => value.split('.')[1]?.length ?? 0;

function units(value: string, scale: number): bigint {
  const [whole, fraction = ''] = value.split('.') as [string, string?];
  return BigInt(whole + fraction.padEnd(scale, '0'));
}
