import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.js';

const SAFE_REQUEST_ID = /^[\w.:-]{1,128}$/;

/** One request and its answer. */
export class Exchange {
  readonly method: string;
  /** The path without the query, still encoded. */
  readonly path: string;
  /** The query without its question mark. */
  readonly query: string;
  /** The caller's own `X-Request-Id`, or a new one; sent back on every answer. */
  readonly requestId: string;
  /** When the head of the request was read: milliseconds since 1970, with fractions. */
  readonly startedAt: number = now();
  /** How far the provider's clock is ahead of ours, in seconds; shows in the `Date` header. */
  clockOffsetSeconds = 0;
  private closed?: Promise<void>;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
  ) {
    const target = request.url ?? '/';
    const mark = target.indexOf('?');
    this.method = request.method ?? 'GET';
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.query = mark < 0 ? '' : target.slice(mark + 1);
    const given = this.header('x-request-id');
    this.requestId = given !== undefined && SAFE_REQUEST_ID.test(given) ? given : randomUUID();
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** Whether the client has left, or the socket was cut. */
  get gone(): boolean {
    return this.response.destroyed || this.request.socket.destroyed;
  }

  /** Resolves when the answer is out or the client has left. */
  whenClosed(): Promise<void> {
    this.closed ??= new Promise((resolve) => {
      if (this.gone || this.response.writableFinished) resolve();
      else this.response.once('close', () => resolve());
    });
    return this.closed;
  }

  /** The whole body; `undefined` when it is larger than `limit` bytes or the client left half-way. */
  body(limit = 1024 * 1024): Promise<string | undefined> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let size = 0;
      this.request
        .on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= limit) chunks.push(chunk);
        })
        .on('end', () => resolve(size > limit ? undefined : Buffer.concat(chunks).toString('utf8')))
        .on('error', () => resolve(undefined))
        .on('close', () => resolve(undefined));
    });
  }

  send(answer: Answer): void {
    this.head(answer, Buffer.byteLength(answer.body));
    this.response.end(answer.body);
  }

  /** Status line and headers only; the body follows through `response`. */
  head(answer: Answer, length: number): void {
    this.response.writeHead(answer.status, {
      ...(this.clockOffsetSeconds !== 0 && { date: dateIn(this.clockOffsetSeconds) }),
      ...answer.headers,
      'x-request-id': this.requestId,
      'content-length': length,
    });
  }

  /** Cuts the connection without a further byte. */
  cut(): void {
    this.request.socket.destroy();
  }
}

/** The clock of the records: milliseconds since 1970, with fractions. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

const dateIn = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();
