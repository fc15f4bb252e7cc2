/** The members of a JSON object. */
export type Members = Readonly<Record<string, unknown>>;

/** The members of an object; `undefined` for anything else, lists too. */
export const membersOf = (value: unknown): Members | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Members)
    : undefined;

/** A JSON object from outside; `undefined` for any other JSON, and for what is none. */
export function parseObject(text: string): Members | undefined {
  try {
    return membersOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}
