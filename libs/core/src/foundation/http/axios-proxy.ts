import type { AxiosRequestConfig } from 'axios';

/** The proxy in the form that axios takes; no environment variable is consulted in either case. */
export function axiosProxy(proxy: string | undefined): AxiosRequestConfig {
  if (proxy === undefined) return { proxy: false };
  const { protocol, hostname, port } = new URL(proxy);
  const fallback = protocol === 'https:' ? 443 : 80;
  return { proxy: { protocol, host: hostname, port: port === '' ? fallback : Number(port) } };
}
