/** Nobody issues bearer tokens for longer than a year; what claims so is a mistake. */
const LONGEST_SECONDS = 31_536_000;

/**
 * `expires_in` in seconds: a positive whole number, or one as text. Anything else (missing, zero,
 * negative, a fraction, a word, beyond a year) is `undefined`, and the provider's default holds.
 */
export function readLifetimeSeconds(value: unknown): number | undefined {
  const number = (
    typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value
  ) as number;
  // False for whatever is no number.
  return Number.isInteger(number) && number > 0 && number <= LONGEST_SECONDS ? number : undefined;
}
