/**
 * A return target as a path on the host's own origin, or `undefined` when it would lead elsewhere
 * (RFC 9700 4.11.1). Resolved like a browser would, so that `//host`, `/\host` and control characters
 * are seen for what they are.
 */
export function readReturnPath(target: string, origin: string): string | undefined {
  if (!target.startsWith('/') || target.length > 2_048) return undefined;
  // Browsers drop tabs and line breaks and take a backslash for a slash.
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\\]/.test(target)) return undefined;
  if (!URL.canParse(target, origin)) return undefined;
  const url = new URL(target, origin);
  // `/.//host` is a path of ours until its dots are resolved: then it is read as another host.
  if (url.origin !== origin || url.pathname.startsWith('//')) return undefined;
  return `${url.pathname}${url.search}${url.hash}`;
}
