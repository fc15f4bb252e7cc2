import type { ProxiedCall } from './fault-proxy.js';

/** Names of parameters and fields whose value nobody else may learn. */
const SECRET = /token|secret|code|password|verifier/i;
const PUBLIC = /type|hint|method|challenge/i;
/** What is shorter may well stand in a log for other reasons. */
const SHORTEST = 12;

/** The parameters of a call, however it carries them. */
export function parametersOf({ url, headers, body }: ProxiedCall): Record<string, unknown> {
  const query = Object.fromEntries(new URL(url, 'http://localhost').searchParams);
  const json = (headers['content-type'] ?? '').includes('json');
  return { ...query, ...(json ? fieldsOf(body) : Object.fromEntries(new URLSearchParams(body))) };
}

/** The fields of a JSON answer; none, if it is none. */
export function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Everything secret that a call to a token endpoint carried or brought. */
export function secretsOf(call: ProxiedCall): string[] {
  const basic = /^Basic (.+)$/.exec(call.headers.authorization ?? '')?.[1];
  const password = Buffer.from(basic ?? '', 'base64')
    .toString()
    .split(':')[1];
  const named = Object.entries({ ...parametersOf(call), ...prefixed(fieldsOf(call.answer)) })
    .filter(([name]) => SECRET.test(name) && !PUBLIC.test(name))
    .map(([, value]) => value);
  return [basic, password, ...named].filter(isSecret);
}

export const isSecret = (value: unknown): value is string =>
  typeof value === 'string' && value.length >= SHORTEST;

/** So that an answer's `refresh_token` does not hide the one that was sent. */
const prefixed = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`answered_${name}`, value]));
