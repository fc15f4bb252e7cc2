import type { Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';

/** Waits, but no longer than the client stays. */
export async function pause(exchange: Exchange, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([elapsed, exchange.whenClosed()]);
  clearTimeout(timer);
}

/** Headers at once, then a byte at a time. */
export async function slowBody(exchange: Exchange, answer: Answer, ms: number): Promise<void> {
  const bytes = Buffer.from(answer.body);
  exchange.head(answer, bytes.length);
  exchange.response.flushHeaders();
  for (const byte of bytes) {
    await pause(exchange, ms);
    if (exchange.gone) return;
    exchange.response.write(Buffer.of(byte));
  }
  exchange.response.end();
}

/** Half of the body under headers that promise the whole, then the connection is cut. */
export async function truncatedBody(exchange: Exchange, answer: Answer): Promise<void> {
  const bytes = Buffer.from(answer.body);
  exchange.head(answer, bytes.length);
  await new Promise<void>((resolve) => {
    exchange.response.write(bytes.subarray(0, bytes.length >> 1), () => resolve());
  });
  exchange.cut();
}

/** A JSON object with one endless text, as fast as the client reads; ends when it leaves. */
export async function hugeBody(exchange: Exchange, size: number): Promise<void> {
  const { response } = exchange;
  const opening = '{"access_token":"';
  const ending = '"}';
  const chunk = Buffer.alloc(64 * 1024, 'a');
  let left = Math.max(0, size - opening.length - ending.length);
  exchange.head(
    { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: '' },
    left + opening.length + ending.length,
  );
  response.write(opening);
  while (left > 0 && !exchange.gone) {
    const part = chunk.subarray(0, Math.min(left, chunk.length));
    left -= part.length;
    if (!response.write(part)) {
      await Promise.race([
        new Promise<void>((resolve) => response.once('drain', () => resolve())),
        exchange.whenClosed(),
      ]);
    }
  }
  if (!exchange.gone) response.end(ending);
}
