/**
 * A field of an answer in either letter case: Flute documents camelCase and answers most errors in
 * PascalCase. `undefined` when there is none.
 */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  return fields[name] ?? fields[name.charAt(0).toUpperCase() + name.slice(1)];
}
