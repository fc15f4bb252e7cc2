import type { Exchange } from './exchange.js';

/**
 * Why a request may not use the control routes, or `undefined` when it may.
 *
 * A name that resolves to 127.0.0.1 must not open them (DNS rebinding), nor a page of another
 * origin that makes the browser send a form (drive-by).
 */
export function refusalOfControl(exchange: Exchange): string | undefined {
  const host = exchange.header('host') ?? '';
  if (!isLoopbackName(hostNameOf(host))) {
    return 'The Host header must name the loopback interface, e.g. 127.0.0.1 or localhost.';
  }
  return refusalOfOrigin(exchange);
}

/** Why the origin of a request is not trusted, or `undefined`. */
export function refusalOfOrigin(exchange: Exchange): string | undefined {
  const origin = exchange.header('origin');
  const site = exchange.header('sec-fetch-site');
  const fromElsewhere =
    (origin !== undefined && origin !== `http://${exchange.header('host')}`) ||
    (exchange.method !== 'GET' && (site === 'cross-site' || site === 'same-site'));
  return fromElsewhere ? 'Requests from pages of another origin are refused.' : undefined;
}

/** The name in a Host header, without port and brackets, lower case. */
export function hostNameOf(host: string): string {
  const name = host.startsWith('[')
    ? host.slice(1, host.indexOf(']'))
    : (host.split(':', 1)[0] ?? '');
  return name.toLowerCase();
}

export function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    /^127(\.\d{1,3}){3}$/.test(name)
  );
}
