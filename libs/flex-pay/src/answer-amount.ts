/** More than 15 significant digits do not survive the way through a JSON number. */
const EXACT_DIGITS = 15;
const PLAIN = /^-?\d+(?:\.\d+)?$/;

/**
 * An amount of an answer as exact decimal text: a text as it came, a JSON number with at least two
 * decimals. `undefined` for anything else, also for a number whose digits may not be the sent ones.
 */
export function answerAmount(value: unknown): string | undefined {
  if (typeof value === 'string') return PLAIN.test(value) ? value : undefined;
  if (typeof value !== 'number') return undefined;
  const text = String(value);
  const digits = text.replace(/[-.]/g, '').replace(/^0+/, '');
  if (!PLAIN.test(text) || digits.length > EXACT_DIGITS) return undefined;
  const [whole = '0', fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(2, '0')}`;
}
