import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { ApiRequestOptions, ApiResponse } from '../../token/api/api-request.js';
import { AuditService } from '../../foundation/audit/audit.service.js';
import type { Connection } from '../../provider/connection.js';
import type { FlockErrorCode } from '../../foundation/errors/error-codes.js';
import { FlockError } from '../../foundation/errors/flock.error.js';
import { ProviderRegistry } from '../../provider/provider.registry.js';
import type { RenewalPolicy } from '../../token/endpoint/renewal-policy.js';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { ContractHost } from './contract-host.js';
import type { ContractChoice, ContractProvider, ContractSubject } from './contract-subject.js';
import { FaultProxy } from './fault-proxy.js';
import type { ProxiedCall, ProxyFault, SetFault } from './fault-proxy.js';
import { KeptLines } from './kept-lines.js';
import { until } from './until.js';
import { fieldsOf, isSecret, secretsOf } from './wire-secrets.js';

/** Names the connection of an API call on the wire. */
const CALLER = 'x-contract';

interface HostChoice {
  /** Renews ahead of need too. */
  readonly background: boolean;
  readonly renewal?: Partial<RenewalPolicy>;
}

/** A provider, a proxy in front of it, a trap beside it, and hosts; and all that came out of them. */
export class ContractWorld {
  private readonly folder = mkdtempSync(join(tmpdir(), 'flock-contract-'));
  private readonly logger = new KeptLines();
  private readonly said: string[] = [];
  private readonly hosts: ContractHost[] = [];

  private constructor(
    private readonly subject: ContractSubject,
    readonly proxy: FaultProxy,
    /** Where no token and no secret may ever arrive. */
    readonly trap: FaultProxy,
    readonly provider: ContractProvider,
  ) {}

  static async start(subject: ContractSubject): Promise<ContractWorld> {
    const proxy = await FaultProxy.start();
    const provider = await subject.start(proxy.url);
    proxy.target = new URL(provider.url).origin;
    const world = new ContractWorld(subject, proxy, await FaultProxy.start(), provider);
    await world.anotherHost({ background: false });
    return world;
  }

  async stop(): Promise<void> {
    for (const host of this.hosts) await host.stop();
    await this.provider.stop();
    await this.proxy.stop();
    await this.trap.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get host(): ContractHost {
    return this.hosts[0] as ContractHost;
  }

  /** A further instance on the same store. */
  async anotherHost({ background, renewal }: HostChoice): Promise<ContractHost> {
    const { pathname } = new URL(this.provider.url);
    const baseUrl = `${this.proxy.url}${pathname.replace(/\/$/, '')}`;
    const host = await ContractHost.start({
      folder: this.folder,
      logger: this.logger,
      background,
      renewal,
      seen: ({ text }) => void this.said.push(text),
      modules: (hostUrl) =>
        ([undefined, 'second'] as const).map((app) =>
          this.provider.module({ baseUrl, hostUrl, app }),
        ),
    });
    this.hosts.push(host);
    return host;
  }

  /** The same world, from a further instance that soon gives a silent provider up. */
  async fromHastyHost(): Promise<ContractWorld> {
    const renewal = { httpTimeoutMs: 500 };
    const host = await this.anotherHost({ background: false, renewal });
    return Object.create(this, { host: { value: host } }) as ContractWorld;
  }

  async connect(choice: Partial<ContractChoice> = {}): Promise<Connection> {
    const environment = this.subject.capabilities.environments[0] as string;
    const wanted = { app: undefined, account: 0, environment, ...choice } as const;
    return this.host.connections.get(await this.provider.connect(this.host, wanted));
  }

  app({ provider, app }: Connection): RegisteredApp {
    return this.host.app.get(ProviderRegistry).get(provider, app);
  }

  /** Base of the API that the connection's token belongs to. */
  apiOf(connection: Connection): URL {
    const app = this.app(connection);
    return new URL(app.endpoints(app.place(connection)).api);
  }

  /** Whether a path on the wire is one of the connection's API. */
  isOfApi(connection: Connection, path: string): boolean {
    const base = this.apiOf(connection).pathname.replace(/\/$/, '');
    return path === base || path.startsWith(`${base}/`);
  }

  token({ id }: Connection): Promise<string> {
    return this.host.tokens.getAccessToken(id);
  }

  /** A new token, asked for as after a 401 with `before`. */
  renew({ id }: Connection, before: string): Promise<string> {
    return this.host.tokens.getAccessToken(id, { rejected: before });
  }

  /** A new token, whose answer differs in these fields. */
  async renewWith(connection: Connection, fields: Record<string, unknown>): Promise<string> {
    const odd = this.disturbTokens({
      kind: 'rewrite',
      change: (answer) => ({ ...answer, ...fields }),
    });
    const token = await this.renew(connection, await this.token(connection));
    odd.remove();
    return token;
  }

  /** Renews as soon as it can be done again, and checks that nothing was lost. */
  async recovers(connection: Connection, before: string): Promise<string> {
    const token = await until(() =>
      this.renew(connection, before).catch((error: unknown) => {
        this.note(error);
        return undefined;
      }),
    );
    assert.notEqual(token, before);
    await this.stands(connection);
    return token;
  }

  /** Waits until a token has ended and another is in its place, without anybody asking for that. */
  async replaced(connection: Connection, before: string): Promise<void> {
    await until(async () => ((await this.token(connection)) === before ? undefined : true));
    await this.stands(connection);
  }

  /** The connection is active and the provider accepts its token. */
  async stands(connection: Connection): Promise<void> {
    assert.equal((await this.host.connections.get(connection.id)).status, 'active');
    assert.ok((await this.call(connection)).status < 300);
  }

  /** A call of the API that is known on the wire. */
  async call(
    connection: Connection,
    options: ApiRequestOptions = {},
  ): Promise<ApiResponse<unknown>> {
    const { method = 'GET', path, body } = this.provider.call(connection);
    return this.send(connection, path, { ...options, body }, method);
  }

  /** What a call without a clear answer is told as. */
  unclear(connection: Connection): FlockErrorCode {
    const { once } = this.provider.call(connection);
    return once === true ? 'outcome_unknown' : 'provider_unavailable';
  }

  send(
    connection: Connection,
    path: string,
    options: ApiRequestOptions = {},
    method: Parameters<ReturnType<typeof this.client>['request']>[0] = 'GET',
  ): Promise<ApiResponse<unknown>> {
    const headers = { ...options.headers, [CALLER]: connection.id };
    return this.client(connection).request(method, path, { ...options, headers });
  }

  private client(connection: Connection) {
    return this.host.app.get(this.provider.api).for(connection);
  }

  readonly isTokenCall = ({ path }: ProxiedCall): boolean => this.provider.tokenPath.test(path);

  /** Calls of the token endpoint so far. */
  get tokenCalls(): readonly ProxiedCall[] {
    return this.proxy.calls.filter(this.isTokenCall);
  }

  /** Calls of the API so far, of one connection or of all. */
  apiCalls(connection?: Connection): readonly ProxiedCall[] {
    return this.proxy.calls.filter(({ headers }) =>
      connection === undefined ? CALLER in headers : headers[CALLER] === connection.id,
    );
  }

  /** How many token calls and API calls `work` costs. */
  async cost(work: () => Promise<unknown>): Promise<{ tokens: number; api: number }> {
    const before = { tokens: this.tokenCalls.length, api: this.apiCalls().length };
    await work();
    return {
      tokens: this.tokenCalls.length - before.tokens,
      api: this.apiCalls().length - before.api,
    };
  }

  disturbTokens(fault: ProxyFault, times?: number): SetFault {
    return this.proxy.disturb(this.isTokenCall, fault, times);
  }

  disturbApi(fault: ProxyFault, times?: number): SetFault {
    return this.proxy.disturb(({ headers }) => CALLER in headers, fault, times);
  }

  /** The token call that brought a token. */
  issuedBy(token: string): ProxiedCall | undefined {
    return this.tokenCalls.find(({ answer }) => fieldsOf(answer).access_token === token);
  }

  /** The error of work that must fail, remembered as something that a host may print. */
  async failure(work: Promise<unknown>): Promise<FlockError> {
    const error = await work.then(
      () => assert.fail('expected a failure, but it succeeded'),
      (reason: unknown) => reason,
    );
    this.note(error);
    assert.ok(error instanceof FlockError, `expected a FlockError, got ${inspect(error)}`);
    return error;
  }

  private note(error: unknown): void {
    this.said.push(inspect(error, { depth: 12, showHidden: true }), JSON.stringify(error));
    if (error instanceof Error) this.said.push(String(error.stack));
  }

  /** All that a secret must not be found in: logs, errors, pages, the audit trail, the store. */
  async output(): Promise<string> {
    const audit = await this.host.app.get(AuditService).list({ limit: 1_000 });
    return [
      ...this.logger.lines,
      ...this.said,
      JSON.stringify(audit),
      ...filesOf(this.folder).map((file) => readFileSync(file, 'latin1')),
    ].join('\n');
  }

  /** Every secret that was on the wire, was configured, or is in a browser. */
  secrets(): string[] {
    const bearers = this.apiCalls().map(({ headers }) => headers.authorization?.split(' ')[1]);
    const cookies = this.hosts.flatMap((host) => host.cookies);
    const all = [...this.tokenCalls.flatMap(secretsOf), ...bearers, ...cookies];
    return [...new Set([...all, ...this.provider.secrets].filter(isSecret))];
  }
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
