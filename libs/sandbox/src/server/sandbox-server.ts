import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SandboxError } from '../sandbox-error.js';
import { htmlAnswer, jsonAnswer } from './answer.js';
import type { Control } from './control.js';
import type { Emulator } from './emulator.js';
import { Exchange } from './exchange.js';
import { refusalOfControl } from './loopback-guard.js';

/** What the server passes requests to. */
export interface ServerParts {
  readonly emulators: readonly Emulator[];
  readonly control: Control;
  home(): string;
}

/** One HTTP server for all emulated providers. */
export class SandboxServer {
  private readonly server: Server;
  private parts?: ServerParts;

  constructor() {
    this.server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      const exchange = new Exchange(request, response);
      this.route(exchange).catch((error: unknown) => this.fail(exchange, error));
    });
    this.server.requestTimeout = 0;
  }

  /** Starts to listen; returns the URL. */
  async listen(port: number, host: string): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: Error) =>
        reject(new SandboxError(`Cannot listen on ${host}:${port}: ${error.message}`));
      this.server.once('error', refuse);
      try {
        this.server.listen(port, host, resolve);
      } catch (error) {
        // A port or host that is none at all.
        refuse(error as Error);
      }
    });
    const address = this.server.address() as AddressInfo;
    return `http://${nameFor(host)}:${address.port}`;
  }

  serve(parts: ServerParts): void {
    this.parts = parts;
  }

  /** Closes every socket at once. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async route(exchange: Exchange): Promise<void> {
    const { path } = exchange;
    const { parts } = this;
    if (!parts) return exchange.cut();
    for (const emulator of parts.emulators) {
      if (path.startsWith(`${emulator.mount}/`)) {
        return emulator.handle(exchange, path.slice(emulator.mount.length));
      }
    }
    if (parts.control.owns(path)) return parts.control.serve(exchange);
    const refusal = refusalOfControl(exchange);
    if (path === '/' && exchange.method === 'GET' && refusal === undefined) {
      return exchange.send(htmlAnswer(200, parts.home()));
    }
    const status = refusal === undefined ? 404 : 403;
    exchange.send(jsonAnswer(status, { error: { message: refusal ?? 'There is nothing here.' } }));
  }

  private fail(exchange: Exchange, error: unknown): void {
    if (exchange.response.headersSent) return exchange.cut();
    const message = error instanceof Error ? error.message : String(error);
    exchange.send(jsonAnswer(500, { error: { message: `The sandbox itself failed: ${message}` } }));
  }
}

/** How clients on this machine reach what listens on `host`. */
function nameFor(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
