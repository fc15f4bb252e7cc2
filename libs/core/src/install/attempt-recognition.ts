import { Injectable } from '@nestjs/common';
import { duplicatedParameter } from '../foundation/http/request.js';
import type { HttpRequest } from '../foundation/http/request.js';
import type { InstallRequest } from '../provider/install-definition.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import type { AttemptContext, AuthorizationRequestRow } from './authorization-request.js';
import { AuthorizationRequestStore } from './authorization-request.store.js';
import { RESTARTED } from './authorization.service.js';
import { attemptCookies, cookieScope, installOf } from './install-app.js';
import { isInstallRefusal } from './install-refusals.js';
import { equalDigests, hashToken } from './random-token.js';
import { Refusal, toRefusal } from './refusal.js';

/** An attempt that this browser started, used up by this very callback. */
export interface Attempt {
  readonly row: AuthorizationRequestRow;
  readonly context: AttemptContext;
  readonly binding: string;
  readonly request: InstallRequest;
  readonly code: string;
}

/** The right answer in the wrong browsing context, which may begin anew at the install route. */
export interface Misplaced {
  readonly restartAt: string;
}

/** The browser that finished the install comes again. */
export interface Repeated {
  readonly returnTo: string;
}

/** Checks that this browser started this attempt, before anything else of a callback is believed. */
@Injectable()
export class AttemptRecognition {
  constructor(private readonly requests: AuthorizationRequestStore) {}

  /** @throws Refusal */
  async recognise(
    app: RegisteredApp,
    query: URLSearchParams,
    request: HttpRequest,
  ): Promise<Attempt | Repeated | Misplaced> {
    const state = query.get('state') ?? '';
    const id = hashToken(state);
    const binding = attemptCookies(app).binding(request, id);
    const row = await this.requests.find(id);
    if (row === undefined) {
      throw new Refusal('state_unrecognised', state === '' ? 'state_missing' : 'state_unknown');
    }
    if (binding === undefined) return this.withoutCookie(app, row);
    if (!equalDigests(hashToken(binding), row.binding_hash)) {
      throw new Refusal('state_unrecognised', 'state_other_browser');
    }
    if (row.provider !== app.provider || row.app !== app.name) {
      throw new Refusal('state_unrecognised', 'state_other_app');
    }
    // From here on it is the browser that started: it is told precisely what is wrong.
    let account: string | undefined;
    try {
      const context = this.requests.context(row);
      account = context.account;
      return await this.use(app, { row, context, binding, query, request });
    } catch (error) {
      const { environment } = row;
      throw toRefusal(error, { environment, ...(account !== undefined && { account }) });
    }
  }

  /**
   * State alone proves nothing, so nothing of this callback is believed. Where pages live in frames,
   * whose cookies stay behind when a page breaks out, this context may begin an attempt of its own:
   * by the same link, so that the host identifies who opens it as before.
   * @throws Refusal
   */
  private withoutCookie(app: RegisteredApp, row: AuthorizationRequestRow): Misplaced {
    const ours = row.provider === app.provider && row.app === app.name;
    const pending = row.consumed_at === null && row.expires_at > row.db_now;
    if (!ours || !pending || !cookieScope(app).embedded) {
      throw new Refusal('state_unrecognised', 'state_no_cookie');
    }
    const context = this.requests.context(row);
    if (context.restarted === true) {
      throw new Refusal('cookies_blocked', 'state_no_cookie_again', {
        environment: row.environment,
      });
    }
    const install = app.installUrl();
    if (install === undefined || context.query === undefined) {
      throw new Refusal('state_unrecognised', 'state_no_cookie');
    }
    const { pathname } = new URL(install);
    return { restartAt: `${pathname}?${context.query}&${RESTARTED}=1` };
  }

  private async use(
    app: RegisteredApp,
    started: {
      row: AuthorizationRequestRow;
      context: AttemptContext;
      binding: string;
      query: URLSearchParams;
      request: HttpRequest;
    },
  ): Promise<Attempt | Repeated> {
    const { row, context, binding, query, request } = started;
    if (duplicatedParameter(query) !== undefined) {
      throw new Refusal('callback_invalid', 'duplicated_parameter');
    }
    if (row.consumed_at !== null) return repeated(row, context);
    if (row.expires_at <= row.db_now) throw new Refusal('state_expired', 'state_expired');
    const user = await app.hooks.user?.(request);
    if (row.host_user !== null && app.hooks.user !== undefined && user !== row.host_user) {
      throw new Refusal('state_other_user', 'state_other_user');
    }
    if (!(await this.requests.consume(row.id, row.binding_hash))) {
      return repeated((await this.requests.find(row.id)) ?? row, context);
    }
    const asked = askedOf(row, context);
    try {
      const code = readCode(query, context, expectedOf(app, asked));
      return { row, context, binding, request: asked, code };
    } catch (error) {
      if (error instanceof Refusal) await this.requests.finish(row.id, error.code);
      throw error;
    }
  }
}

const askedOf = (row: AuthorizationRequestRow, context: AttemptContext): InstallRequest => ({
  environment: row.environment,
  parameters: context.parameters,
  ...(context.account !== undefined && { account: context.account }),
});

interface Expected {
  readonly echoed: Readonly<Record<string, string>>;
  readonly required: boolean;
}

function expectedOf(app: RegisteredApp, asked: InstallRequest): Expected {
  const { install } = installOf(app);
  const echoed = install.echoed?.(asked, app.options) ?? {};
  return { echoed, required: install.echoRequired === true };
}

/** The code of an answer that is one. @throws Refusal */
function readCode(
  query: URLSearchParams,
  { issuer }: AttemptContext,
  { echoed, required }: Expected,
): string {
  // RFC 9207 2.4: before anything else of the answer, an error included, is honoured.
  if (issuer !== undefined && query.get('iss') !== issuer) {
    throw new Refusal('callback_invalid', query.has('iss') ? 'iss_mismatch' : 'iss_missing');
  }
  if (query.has('code') && query.has('error')) {
    throw new Refusal('callback_invalid', 'code_and_error');
  }
  for (const [name, expected] of Object.entries(echoed)) {
    // A refusal need not repeat what was asked; a code must.
    const absent = !query.has(name) && !(required && query.has('code'));
    if (!absent && query.get(name) !== expected) {
      throw new Refusal('callback_invalid', `${name}_mismatch`);
    }
  }
  const error = query.get('error');
  if (error === 'access_denied') throw new Refusal('install_denied', 'access_denied');
  if (error !== null) {
    const reason = /^[a-z_]{1,64}$/.test(error) ? error : 'unreadable_error';
    throw new Refusal('install_failed', reason);
  }
  const code = query.get('code') ?? '';
  if (code === '') throw new Refusal('callback_invalid', 'code_missing');
  return code;
}

/** After success it goes where it wanted to; after a failure it sees that failure again. @throws Refusal */
function repeated(row: AuthorizationRequestRow, context: AttemptContext): Repeated {
  if (row.outcome === 'finished') return { returnTo: context.returnTo };
  const { outcome } = row;
  const code = outcome !== null && isInstallRefusal(outcome) ? outcome : 'state_reused';
  throw new Refusal(code, code === 'state_reused' ? 'state_reused' : `repeated_${code}`);
}
