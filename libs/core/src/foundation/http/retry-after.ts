/** Longest wait that a provider can impose on us; it may repeat itself. */
const CAP_SECONDS = 3_600;

/**
 * `Retry-After` (RFC 9110 10.2.3), seconds or a date, capped at an hour.
 * @param date the answer's own `Date`: this machine's clock may be an hour off
 */
export function readRetryAfter(value: string | undefined, date?: string): number | undefined {
  // Stryker disable next-line ConditionalExpression: for the compiler; it would be no date either
  if (value === undefined) return undefined;
  // Stryker disable next-line StringLiteral: any text that is no date
  const sentAt = Date.parse(date ?? '');
  const seconds = /^\d{1,9}$/.test(value)
    ? Number(value)
    : Math.ceil((Date.parse(value) - (Number.isNaN(sentAt) ? Date.now() : sentAt)) / 1_000);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, CAP_SECONDS) : undefined;
}
