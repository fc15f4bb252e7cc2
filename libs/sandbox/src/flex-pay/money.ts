/** The cents of an order's decimal text such as `"1064.10"`; `undefined` when it is none. */
export function centsOfText(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{1,12}(\.\d{1,2})?$/.test(value)) return undefined;
  const [whole = '0', fraction = ''] = value.split('.');
  return Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
}

/** The cents of a transaction's JSON number; `undefined` when it is none, or finer than a cent. */
export function centsOfNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? centsOfText(String(value)) : undefined;
}

/** As transactions answer it: a decimal number. */
export const numberOfCents = (cents: number): number =>
  Number(`${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`);
