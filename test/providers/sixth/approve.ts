import type { ContractBrowser } from '@nest-flock/core/testing';

/**
 * What a person does at the server: signs in, agrees, and is sent back; or declines.
 * @returns the callback URL, not opened yet
 */
export async function approve(
  browser: ContractBrowser,
  authorizeUrl: string,
  login: string | undefined,
): Promise<string> {
  const { origin } = new URL(authorizeUrl);
  const answer = login === undefined ? 'deny' : `login=${login}`;
  let next = authorizeUrl;
  for (let step = 0; step < 10; step += 1) {
    const interaction = new URL(next).pathname.startsWith('/interaction/');
    const page = await browser.open(interaction ? `${next}?${answer}` : next);
    if (page.location === undefined)
      throw new Error(`the server answers ${page.status} at ${page.url}`);
    next = page.location;
    if (new URL(next).origin !== origin) return next;
  }
  throw new Error('the server sends the browser round and round');
}
