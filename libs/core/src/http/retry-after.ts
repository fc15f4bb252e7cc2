/** Longest wait that a provider can impose on us; it may repeat itself. */
const CAP_SECONDS = 3_600;

/** `Retry-After` (RFC 9110 10.2.3), seconds or a date, capped at an hour. */
export function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(value)
    ? Number(value)
    : Math.ceil((Date.parse(value) - Date.now()) / 1_000);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, CAP_SECONDS) : undefined;
}
