import { createServer, request as send } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that came by, with what was answered. */
export interface ProxiedCall {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Empty until it is complete. */
  answer: string;
  /** 0 until there is one. */
  status: number;
}

/** What happens to a call instead of passing through. */
export type ProxyFault =
  /** Answered here: the provider never sees it. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Passed on; the JSON of the answer is changed. */
  | { readonly kind: 'rewrite'; change(answer: Record<string, unknown>): unknown }
  /** The connection ends without an answer. */
  | { readonly kind: 'reset' }
  /** No answer ever comes: not even its head, or no more than the beginning of its body. */
  | { readonly kind: 'stall'; readonly after: 'nothing' | 'half' }
  /** The connection ends in the middle of the body. */
  | { readonly kind: 'cut'; readonly body: string }
  /** Passed on when it is released. */
  | { readonly kind: 'hold' };

/** A fault that was set up. */
export interface SetFault {
  /** Resolves with the first call that it meets. */
  readonly reached: Promise<void>;
  /** Lets held calls go on. */
  release(): void;
  /** From now on nothing more is disturbed. */
  remove(): void;
}

type Match = (call: ProxiedCall) => boolean;

interface Rule {
  readonly match: Match;
  readonly fault: ProxyFault;
  left: number;
  reach(): void;
  readonly released: Promise<void>;
}

/**
 * Stands between hosts and a provider: passes everything through, remembers it, and disturbs it on
 * demand. Without a target it answers 404, and so serves as a trap that nobody may step into.
 */
export class FaultProxy {
  readonly calls: ProxiedCall[] = [];
  /** Origin of what it stands in front of. */
  target: string | undefined;
  private rules: Rule[] = [];

  private constructor(
    private readonly server: Server,
    /** Its own origin. */
    readonly url: string,
  ) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.handle(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<FaultProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FaultProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** Disturbs the next `times` calls that match. */
  disturb(match: Match, fault: ProxyFault, times = Infinity): SetFault {
    let release!: () => void;
    let reach!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const rule = { match, fault, left: times, reach, released };
    this.rules.push(rule);
    return {
      reached,
      release,
      remove: () => {
        this.rules = this.rules.filter((other) => other !== rule);
        release();
      },
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    const call: ProxiedCall = {
      method: request.method ?? 'GET',
      url,
      path: url.split('?')[0] as string,
      headers: request.headers,
      body: await textOf(request),
      answer: '',
      status: 0,
    };
    this.calls.push(call);
    const rule = this.rules.find(({ left, match }) => left > 0 && match(call));
    if (rule === undefined) return this.pass(call, response);
    rule.left -= 1;
    rule.reach();
    return this.disturbed(call, response, rule);
  }

  private async disturbed(
    call: ProxiedCall,
    response: ServerResponse,
    { fault, released }: Rule,
  ): Promise<void> {
    switch (fault.kind) {
      case 'answer':
        return this.answer(call, response, fault.status, fault.headers ?? {}, fault.body ?? '');
      case 'rewrite':
        return this.pass(call, response, (answer) =>
          JSON.stringify(fault.change(objectOf(answer))),
        );
      case 'hold':
        await released;
        return this.pass(call, response);
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'stall':
        if (fault.after === 'half') {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.write('{"access_token":');
        }
        return;
      case 'cut':
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': fault.body.length + 1_000,
        });
        response.write(fault.body, () => response.socket?.resetAndDestroy());
        return;
    }
  }

  private async pass(
    call: ProxiedCall,
    response: ServerResponse,
    change: (answer: string) => string = (answer) => answer,
  ): Promise<void> {
    if (this.target === undefined) return this.answer(call, response, 404, {}, '');
    // Compressed answers could be neither read nor changed.
    const { 'accept-encoding': _compressed, ...headers } = call.headers;
    const passed = send(new URL(call.url, this.target), {
      method: call.method,
      headers,
      agent: false,
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      passed.once('response', resolve).once('error', reject);
    });
    passed.end(call.body);
    const answer = await answered;
    const { 'content-length': _length, 'transfer-encoding': _encoding, ...kept } = answer.headers;
    const body = change(await textOf(answer));
    this.answer(call, response, answer.statusCode ?? 502, kept, body);
  }

  private answer(
    call: ProxiedCall,
    response: ServerResponse,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    body: string,
  ): void {
    call.status = status;
    call.answer = body;
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) response.setHeader(name, value);
    }
    response.writeHead(status);
    response.end(body);
  }
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The answer as an object; one that is none stays empty. */
function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
