import { InputError } from './input-error.js';

/** Checks one value and returns it typed; `field` is its name for the error. */
export type Check<T> = (value: unknown, field: string) => T;

export const text: Check<string> = (value, field) => {
  if (typeof value !== 'string' || value === '') throw new InputError(field, 'a non-empty text');
  return value;
};

export const flag: Check<boolean> = (value, field) => {
  if (typeof value !== 'boolean') throw new InputError(field, 'true or false');
  return value;
};

export const texts: Check<string[]> = (value, field) => {
  if (!Array.isArray(value)) throw new InputError(field, 'a list of texts');
  return value.map((entry, index) => text(entry, `${field}[${index}]`));
};

/** A whole number of at least `least`, and at most `most` if given. */
export function wholeNumber(least: number, unit: string, most = Infinity): Check<number> {
  const range = most === Infinity ? `${least} or more` : `${least} to ${most}`;
  return (value, field) => {
    if (!Number.isSafeInteger(value) || Number(value) < least || Number(value) > most) {
      throw new InputError(field, `a whole number of ${unit}, ${range}`);
    }
    return Number(value);
  };
}

export function oneOf<T extends string | number>(...allowed: readonly T[]): Check<T> {
  return (value, field) => {
    const found = allowed.find((entry) => entry === value);
    if (found === undefined) throw new InputError(field, `one of ${allowed.join(', ')}`);
    return found;
  };
}

export const record: Check<Record<string, unknown>> = (value, field) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(field, 'a JSON object');
  }
  return value as Record<string, unknown>;
};

/** Wraps a check so that a missing value stays `undefined`. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, field) => (value === undefined ? undefined : check(value, field));
}

/** Refuses keys that nobody reads: a misspelt field must not be ignored in silence. */
export function onlyKeys(
  input: Record<string, unknown>,
  known: readonly string[],
  path = '',
): void {
  for (const key of Object.keys(input)) {
    if (!known.includes(key)) {
      throw new InputError(path + key, `no such field; known are ${known.join(', ') || 'none'}`);
    }
  }
}
