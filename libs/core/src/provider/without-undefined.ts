/** Members that may be unknown: one that is `undefined` is left out. */
export const withoutUndefined = <T extends object>(members: T): Known<T> =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Known<T>;

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
