import { randomUUID } from 'node:crypto';

const NAME = 'visitor';

interface WithCookies {
  headers: { cookie?: string };
}

/**
 * Stands in for the sign-in that a real app has: a random id in a cookie. Everything a visitor
 * connects belongs to that id, and nobody else can use it.
 */
export function visitorOf(request: WithCookies): string | undefined {
  const pattern = new RegExp(`(?:^|;\\s*)${NAME}=([0-9a-f-]{36})(?:;|$)`);
  return pattern.exec(request.headers.cookie ?? '')?.[1];
}

export function newVisitor(secure: boolean): { id: string; cookie: string } {
  const id = randomUUID();
  const cookie = `${NAME}=${id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000${secure ? '; Secure' : ''}`;
  return { id, cookie };
}
