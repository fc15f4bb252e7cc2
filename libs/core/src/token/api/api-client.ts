import type { HttpService } from '@nestjs/axios';
import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { randomUUID } from 'node:crypto';
import { FlockError } from '../../foundation/errors/flock.error.js';
import { publicLookup } from '../../foundation/http/public-lookup.js';
import { needsPublicAddress } from '../../provider/server-url.js';
import type { ProviderPlace } from '../../provider/provider-place.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { plainHeaders } from './api-problem.js';
import type { ApiMethod, ApiRequestOptions, ApiResponse } from './api-request.js';
import { send } from './send.js';
import type { ApiWrite } from './unanswered.js';

const TIMEOUT_MS = 30_000;
/** Ours to set: a second credential on a request is refused by providers, or worse, preferred. */
const CREDENTIAL_HEADERS = new Set(['authorization', 'x-api-key', 'cookie', 'proxy-authorization']);

type Wish = Pick<ApiRequestOptions, 'fresh' | 'signal'>;

/** Calls a provider's API with one bearer credential, which goes to that provider's host and nowhere else. */
export abstract class ApiClient {
  constructor(
    protected readonly app: RegisteredApp,
    private readonly http: HttpService,
  ) {}

  /** Where it calls. */
  protected abstract get place(): ProviderPlace;
  protected abstract credential(wish: Wish): Promise<string>;
  /** Another one after a 401; `undefined` when there is none, and the 401 is the answer. */
  protected abstract renewed(rejected: string, wish: Wish): Promise<string | undefined>;
  /** The error for a refusal. */
  protected abstract problem(response: AxiosResponse<unknown>, write: ApiWrite): FlockError;

  /** A server that somebody registered at run time; its name must lead to a public address. */
  protected get registeredServer(): string | undefined {
    return undefined;
  }

  get<T = unknown>(path: string, options?: ApiRequestOptions): Promise<ApiResponse<T>> {
    return this.request<T>('GET', path, options);
  }

  post<T = unknown>(
    path: string,
    body?: unknown,
    options?: ApiRequestOptions,
  ): Promise<ApiResponse<T>> {
    return this.request<T>('POST', path, { ...options, body });
  }

  put<T = unknown>(
    path: string,
    body?: unknown,
    options?: ApiRequestOptions,
  ): Promise<ApiResponse<T>> {
    return this.request<T>('PUT', path, { ...options, body });
  }

  patch<T = unknown>(
    path: string,
    body?: unknown,
    options?: ApiRequestOptions,
  ): Promise<ApiResponse<T>> {
    return this.request<T>('PATCH', path, { ...options, body });
  }

  delete<T = unknown>(path: string, options?: ApiRequestOptions): Promise<ApiResponse<T>> {
    return this.request<T>('DELETE', path, options);
  }

  /**
   * One call; after a 401 the credential is renewed and the call is made once more, with the same
   * `Idempotency-Key`.
   * @param path below the API's base, beginning with a slash; an absolute URL of another origin is refused.
   * @throws FlockError `insufficient_scope`, `provider_rate_limited`, `provider_refused`,
   * `provider_unavailable`, `outcome_unknown` (a POST or PATCH that got no clear answer and has no
   * `Idempotency-Key` of the caller: repeat it with the `idempotencyKey` of the error or not at all), and everything that obtaining the credential throws.
   */
  async request<T = unknown>(
    method: ApiMethod,
    path: string,
    options: ApiRequestOptions = {},
  ): Promise<ApiResponse<T>> {
    const url = this.resolve(path);
    const headers = this.headers(method, options);
    const write = writeOf(method, headers, options);
    const call = { method, url, headers };
    const token = options.accessToken ?? (await this.credential(options));
    let response = await this.send<T>(call, token, options, write);
    if (response.status === 401 && options.accessToken === undefined) {
      const renewed = await this.renewed(token, options);
      if (renewed !== undefined) response = await this.send<T>(call, renewed, options, write);
    }
    if (response.status < 300) this.refuseFailure(response, new URL(url).pathname);
    if (response.status < 300 || options.accept?.includes(response.status) === true) {
      return {
        status: response.status,
        headers: plainHeaders(response),
        data: response.data,
        ...(write.idempotencyKey !== undefined && { idempotencyKey: write.idempotencyKey }),
      };
    }
    throw this.problem(response, write);
  }

  /** Some providers answer a failure with a 2xx. */
  private refuseFailure(response: AxiosResponse<unknown>, path: string): void {
    const failure = this.app.definition.apiFailure?.(response.data, path);
    if (failure === undefined) return;
    const { title } = this.app.definition;
    const named = failure.code === undefined ? '' : `: ${failure.code}`;
    throw new FlockError('provider_refused', `${title} refused the call${named}.`, {
      providerStatus: response.status,
      ...(failure.code !== undefined && { providerCode: failure.code }),
    });
  }

  private resolve(path: string): string {
    const base = this.app.endpoints(this.place).api;
    const url = URL.canParse(path) ? new URL(path) : new URL(`${base.replace(/\/$/, '')}${path}`);
    const own = new URL(base);
    // A path such as "@evil.example/" would make the base a user name.
    if (
      url.origin !== own.origin ||
      url.username !== '' ||
      // `/v1-beside` is not below `/v1`.
      !`${url.pathname}/`.startsWith(own.pathname.replace(/\/*$/, '/'))
    ) {
      throw new FlockError(
        'provider_refused',
        `The token of ${this.app.definition.title} is sent to ${own.origin} only; give a path below ${base}.`,
      );
    }
    return url.href;
  }

  private headers(method: ApiMethod, options: ApiRequestOptions): Record<string, string> {
    const headers: Record<string, string> = { accept: 'application/json' };
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (CREDENTIAL_HEADERS.has(name.toLowerCase())) {
        throw new FlockError(
          'provider_refused',
          `The header ${name} carries a credential; the client's own is the only one on its requests.`,
        );
      }
      headers[name.toLowerCase()] = value;
    }
    const key = options.idempotencyKey ?? headers['idempotency-key'];
    if (key !== undefined) headers['idempotency-key'] = key;
    else if (this.wantsKey(method)) headers['idempotency-key'] = randomUUID();
    return headers;
  }

  private lookup(): { lookup?: AxiosRequestConfig['lookup'] } {
    const server = this.registeredServer;
    if (server === undefined || !needsPublicAddress(server)) return {};
    // A proxy looks names up itself, and is the place to forbid addresses then.
    if (this.http.axiosRef.defaults.proxy) return {};
    return { lookup: publicLookup as AxiosRequestConfig['lookup'] };
  }

  private wantsKey(method: ApiMethod): boolean {
    const writes = method === 'POST' || method === 'PATCH';
    return writes && this.app.definition.idempotencyKeys !== false;
  }

  private send<T>(
    call: { method: ApiMethod; url: string; headers: Record<string, string> },
    token: string,
    options: ApiRequestOptions,
    write: ApiWrite,
  ): Promise<AxiosResponse<T>> {
    const config = {
      ...call,
      params: options.query,
      data: options.body,
      headers: { ...call.headers, authorization: `Bearer ${token}` },
      timeout: options.timeoutMs ?? TIMEOUT_MS,
      ...this.lookup(),
      ...(options.signal && { signal: options.signal }),
    };
    return send<T>(this.http, this.app.definition.title, config, write);
  }
}

/**
 * PUT and DELETE may be repeated as they are (RFC 9110 9.2.2). A key that we made protects only a
 * caller who takes it from the error.
 */
function writeOf(
  method: ApiMethod,
  headers: Readonly<Record<string, string>>,
  options: ApiRequestOptions,
): ApiWrite {
  const idempotencyKey = headers['idempotency-key'];
  if (method === 'GET') return { repeatable: true };
  const safe = method === 'PUT' || method === 'DELETE' || options.repeatable === true;
  const own = idempotencyKey !== undefined && !hasKey(options);
  return {
    repeatable: safe || (idempotencyKey !== undefined && !own),
    writes: true,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
}

const hasKey = ({ idempotencyKey, headers = {} }: ApiRequestOptions): boolean =>
  idempotencyKey !== undefined ||
  Object.keys(headers).some((name) => name.toLowerCase() === 'idempotency-key');
