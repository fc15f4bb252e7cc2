/** An id as an answer carries it; `undefined` for anything that could not go into a URL or a log. */
export function answeredId(body: unknown, field: string): string | undefined {
  const value = answered(body)[field];
  return typeof value === 'string' && /^[\w-]{1,128}$/.test(value) ? value : undefined;
}

/** A short text, such as a status. */
export function answeredText(body: unknown, field: string): string | undefined {
  const value = answered(body)[field];
  return typeof value === 'string' && value !== '' && value.length <= 200 ? value : undefined;
}

/** The members of a JSON object; none where the answer is something else. */
export function answered(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && !Array.isArray(body)
    ? (body as Readonly<Record<string, unknown>>)
    : {};
}
