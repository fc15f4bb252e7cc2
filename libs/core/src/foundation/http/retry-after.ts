/** Longest wait that a provider can impose on us; it may repeat itself. */
const CAP_SECONDS = 3_600;

/**
 * `Retry-After` (RFC 9110 10.2.3), seconds or a date, capped at an hour.
 * @param date the answer's own `Date`: this machine's clock may be an hour off
 */
export function readRetryAfter(value: string | undefined, date?: string): number | undefined {
  if (value === undefined) return undefined;
  const sentAt = Date.parse(date ?? '');
  const seconds = /^\d{1,9}$/.test(value)
    ? Number(value)
    : Math.ceil((Date.parse(value) - (Number.isNaN(sentAt) ? Date.now() : sentAt)) / 1_000);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, CAP_SECONDS) : undefined;
}
