/** Members that may be unknown: one that is `undefined` is left out. */
export const withoutUndefined = <T extends object>(members: T): Known<T> =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Known<T>;

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Ids longer than that are none of ours: no column holds them. */
export const LONGEST_ID = 190;

/** Codes and ids, as providers write them. Never a message: those may quote what was sent. */
const IDENTIFIER = /^[A-Za-z0-9_.:-]{1,128}$/;

/** A text that is not empty and no longer than that. */
export const textOf = (value: unknown, longest = Infinity): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= longest ? value : undefined;

/** Whether a value from outside is a text that a column of this length keeps; PostgreSQL keeps no NUL. */
export const fitsColumn = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= longest && !value.includes('\u0000');

/** Of an open set, where what is missing is an empty text. */
export const anyTextOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The texts of a list; none where it is no list. */
export const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/** A code or an id that may go into a log. */
export const identifierOf = (value: unknown): string | undefined =>
  typeof value === 'string' && IDENTIFIER.test(value) ? value : undefined;

/** An id that may go into a path as well: dots alone would lead elsewhere. */
export function pathIdOf(value: unknown): string | undefined {
  const id = identifierOf(value);
  return id === undefined || /^\.+$/.test(id) ? undefined : id;
}

/** A text of the configuration: not blank, and no longer than that. */
export const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= longest;

/** A URL that paths can be put behind: http or https, without user name, query or fragment. */
export function isBaseUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, username, password, hash, search } = new URL(value);
  return /^https?:$/.test(protocol) && username + password + hash + search === '';
}
