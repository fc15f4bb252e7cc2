import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Everything that came back, headers included. */
  readonly text: string;
  readonly body: string;
}

export interface RawRequest {
  readonly method: string;
  /** As it goes into the request line, whatever is in it. */
  readonly target: string;
  /** In order; names may repeat. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string | Buffer;
}

/** A hang is a failure. */
const LONGEST_MS = 10_000;
const END = Buffer.from('\r\n\r\n');

/** One connection, and what is listening to it now. */
interface Line {
  readonly socket: Socket;
  hear: (chunk: Buffer | 'closed') => void;
}

/** Sends bytes that no HTTP client would send, over connections that are kept. */
export class RawHttp {
  private readonly idle: Line[] = [];

  constructor(private readonly port: number) {}

  async send(request: RawRequest): Promise<RawAnswer> {
    const body = Buffer.from(request.body ?? '');
    const head = [
      `${request.method} ${request.target} HTTP/1.1`,
      `host: localhost:${this.port}`,
      ...request.headers.map(([name, value]) => `${name}: ${value}`),
      ...(request.body === undefined ? [] : [`content-length: ${body.length}`]),
      '',
      '',
    ].join('\r\n');
    const bytes = Buffer.concat([Buffer.from(head, 'utf8'), body]);
    const isHead = request.method === 'HEAD';
    const kept = this.idle.pop();
    if (kept === undefined) return this.exchange(await this.open(), bytes, isHead);
    // The server may have closed it meanwhile.
    return this.exchange(kept, bytes, isHead).catch(async (error: unknown) => {
      if (!(error instanceof Closed)) throw error;
      return this.exchange(await this.open(), bytes, isHead);
    });
  }

  close(): void {
    for (const { socket } of this.idle.splice(0)) socket.destroy();
  }

  private async open(): Promise<Line> {
    const socket = connect(this.port, '127.0.0.1');
    const line: Line = { socket, hear: () => undefined };
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => line.hear(chunk));
    socket.on('close', () => line.hear('closed'));
    await once(socket, 'connect');
    return line;
  }

  private exchange(line: Line, bytes: Buffer, isHead: boolean): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      let received = Buffer.alloc(0);
      const finish = (end: RawAnswer | Error) => {
        clearTimeout(timer);
        line.hear = () => undefined;
        const keep = !(end instanceof Error) && !/\r\nconnection: close/i.test(end.text);
        if (keep && !line.socket.destroyed) this.idle.push(line);
        else line.socket.destroy();
        if (end instanceof Error) reject(end);
        else resolve(end);
      };
      const timer = setTimeout(() => finish(new Error('no answer within 10 s')), LONGEST_MS);
      line.hear = (chunk) => {
        const closed = chunk === 'closed';
        if (!closed) received = Buffer.concat([received, chunk]);
        const answer = read(received, { closed, isHead });
        if (answer !== undefined) finish(answer);
        else if (closed) finish(new Closed(`closed after ${received.length} bytes`));
      };
      if (line.socket.destroyed) line.hear('closed');
      else line.socket.write(bytes);
    });
  }
}

class Closed extends Error {}

/** The answer, once it is whole. */
function read(
  received: Buffer,
  { closed, isHead }: { closed: boolean; isHead: boolean },
): RawAnswer | undefined {
  const end = received.indexOf(END);
  if (end < 0) return undefined;
  const head = received.toString('latin1', 0, end);
  const rest = received.subarray(end + END.length);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  const whole = isHead
    ? true
    : length !== undefined
      ? rest.length >= Number(length)
      : /\r\ntransfer-encoding: chunked/i.test(head)
        ? rest.includes('0\r\n\r\n')
        : closed || status === 204 || status === 304;
  const body = rest.toString('utf8');
  return whole ? { status, text: `${head}\r\n\r\n${body}`, body } : undefined;
}
