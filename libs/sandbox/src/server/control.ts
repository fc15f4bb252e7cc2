import type { FaultList } from '../faults/fault-list.js';
import { readFaultRule } from '../faults/check-fault-rule.js';
import { SandboxError } from '../sandbox-error.js';
import { jsonAnswer, redirectAnswer, type Answer } from './answer.js';
import type { ControlRoutes } from './control-routes.js';
import type { Emulator } from './emulator.js';
import type { Exchange } from './exchange.js';
import { InputError } from './input-error.js';
import { onlyKeys, optional, record, wholeNumber } from './input.js';
import { refusalOfControl } from './loopback-guard.js';

const PREFIX = '/__sandbox/';
const LARGEST_BODY = 4 * 1024 * 1024;

/** What the control routes reach into. */
export interface ControlTarget {
  readonly url: string;
  readonly faults: FaultList;
  reset(): void;
}

/** The routes under `/__sandbox/`, for other processes and for people. */
export class Control {
  private readonly routes = new Map<string, ControlRoutes[string]>();

  constructor(target: ControlTarget, emulators: readonly Emulator[]) {
    this.addAll('', commonRoutes(target, emulators));
    for (const { provider, control } of emulators) this.addAll(`${provider}/`, control);
  }

  /** Whether a path is one of these routes' business. */
  owns(path: string): boolean {
    return path.startsWith(PREFIX);
  }

  async serve(exchange: Exchange): Promise<void> {
    const refusal = refusalOfControl(exchange);
    if (refusal !== undefined) return exchange.send(problem(403, refusal));
    const text = await exchange.body(LARGEST_BODY);
    if (text === undefined) return exchange.send(problem(413, 'The body is too large.'));
    const path = exchange.path.slice(PREFIX.length);
    if (exchange.method === 'POST' && path === 'form') return exchange.send(await this.form(text));
    if (text !== '' && !/^application\/json *(;|$)/i.test(exchange.header('content-type') ?? '')) {
      return exchange.send(problem(415, 'The body must be application/json.'));
    }
    exchange.send(await this.call(`${exchange.method} ${path}`, text, exchange.query));
  }

  /** A button of the home page. */
  private async form(text: string): Promise<Answer> {
    const fields = new URLSearchParams(text);
    const answer = await this.call(fields.get('route') ?? '', fields.get('body') ?? '', '');
    return answer.status < 400 ? redirectAnswer(303, '/') : answer;
  }

  private async call(key: string, text: string, query: string): Promise<Answer> {
    const route = this.routes.get(key);
    if (!route) {
      return problem(
        404,
        `There is no such control route. Known: ${[...this.routes.keys()].join(', ')}.`,
      );
    }
    try {
      const body = record(text === '' ? {} : parse(text), 'body');
      return jsonAnswer(200, await route({ body, query: new URLSearchParams(query) }));
    } catch (error) {
      if (error instanceof InputError) {
        return problem(400, error.message, { field: error.field, expected: error.expected });
      }
      if (error instanceof SandboxError) return problem(400, error.message);
      throw error;
    }
  }

  private addAll(prefix: string, routes: ControlRoutes): void {
    for (const [key, route] of Object.entries(routes)) {
      this.routes.set(key.replace(' ', ` ${prefix}`), route);
    }
  }
}

function commonRoutes(target: ControlTarget, emulators: readonly Emulator[]): ControlRoutes {
  const { faults } = target;
  return {
    'GET state': () => ({
      url: target.url,
      providers: emulators.map(({ provider }) => provider),
      faults: faults.list(),
      ...Object.fromEntries(emulators.map((emulator) => [emulator.provider, emulator.state()])),
    }),
    'GET faults': () => ({ data: faults.list() }),
    'POST faults': ({ body }) => {
      const { id, remaining } = faults.add(readFaultRule(body));
      return { id, remaining: remaining === Infinity ? 'always' : remaining };
    },
    'DELETE faults': () => {
      faults.clear();
      return {};
    },
    'POST faults/release': ({ body }) => {
      onlyKeys(body, ['id']);
      faults.release(optional(wholeNumber(1, 'a fault'))(body['id'], 'id'));
      return {};
    },
    'POST reset': () => {
      target.reset();
      return {};
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError('body', 'JSON');
  }
}

function problem(status: number, message: string, more: Record<string, unknown> = {}): Answer {
  return jsonAnswer(status, { error: { ...more, message } });
}
