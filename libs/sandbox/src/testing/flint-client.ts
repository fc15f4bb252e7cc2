import type { FlintApp } from '../flint/flint-app.js';
import type { FlintTokenAnswer } from '../flint/flint-token-answer.js';
import type { Sandbox } from '../sandbox.js';

export const REDIRECT_URI = 'http://localhost:3000/flint/oauth/callback';

/** What a token call came back with. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: FlintTokenAnswer & { error?: string; error_description?: string };
}

/** A plain client of the emulated Flint: it does what the documentation says, no more. */
export class FlintClient {
  constructor(
    readonly sandbox: Sandbox,
    readonly app: FlintApp = sandbox.flint.app,
  ) {}

  authorizeUrl(parameters: Record<string, string | undefined> = {}): string {
    const url = new URL(`${this.sandbox.flint.url}/v1/oauth/authorize`);
    const all = {
      response_type: 'code',
      client_id: this.app.client_id,
      redirect_uri: REDIRECT_URI,
      mode: 'test',
      state: 'state-1',
      ...parameters,
    };
    for (const [name, value] of Object.entries(all)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    return url.href;
  }

  basic(secret = this.app.client_secret): string {
    return `Basic ${Buffer.from(`${this.app.client_id}:${secret}`).toString('base64')}`;
  }

  async token(
    form: Record<string, string> | string,
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    const response = await fetch(`${this.sandbox.flint.url}/v1/oauth/token`, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        authorization: this.basic(),
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    });
    const body = (await response.json()) as Answered['body'];
    return { status: response.status, headers: response.headers, body };
  }

  exchange(code: string, redirectUri = REDIRECT_URI): Promise<Answered> {
    return this.token({ grant_type: 'authorization_code', code, redirect_uri: redirectUri });
  }

  refresh(refreshToken: string): Promise<Answered> {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken });
  }

  /** Approves and exchanges. */
  async install(
    parameters: Record<string, string> = {},
    approval: Parameters<Sandbox['flint']['approve']>[1] = {},
  ): Promise<FlintTokenAnswer> {
    const callback = this.sandbox.flint.approve(this.authorizeUrl(parameters), approval);
    const { body } = await this.exchange(codeOf(callback));
    return body;
  }

  async api(
    path: string,
    token: string,
    init: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; headers: Headers; body: Record<string, never> }> {
    const response = await fetch(`${this.sandbox.flint.url}${path}`, {
      method: init.method ?? 'GET',
      headers: {
        authorization: `Bearer ${token}`,
        ...(init.body !== undefined && { 'content-type': 'application/json' }),
        ...init.headers,
      },
      body: init.body === undefined ? undefined : JSON.stringify(init.body),
    });
    const body = (await response.json()) as Record<string, never>;
    return { status: response.status, headers: response.headers, body };
  }
}

/** The code in a callback URL. */
export function codeOf(callback: string): string {
  return new URL(callback).searchParams.get('code') ?? '';
}
