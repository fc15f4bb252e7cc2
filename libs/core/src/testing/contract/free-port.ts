import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Processes that run tests side by side draw from ports of their own. */
const SHARES = 8;
const share = Number(process.env.JEST_WORKER_ID ?? process.env.VITEST_POOL_ID ?? 0) % SHARES;

/** A port that nobody listens on: a redirect URI must be known before the host listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    // Below the ports that the system gives away: nobody is given it before it is used.
    const port = randomInt(11_000 / SHARES, 32_000 / SHARES) * SHARES + share;
    const server = createServer();
    const listens = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!listens) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
