import { FlockHealthIndicator, TokenService } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { randomUUID } from 'node:crypto';
import { failureOf, until } from '../support/poll.js';
import { rescueFiles } from '../support/rescue-files.js';
import { seedConnections } from '../support/seed.js';
import type { PrivateServer } from '../support/servers/private-server.js';
import { PRIVATE_SERVERS } from '../support/servers/private-servers.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { startHostProcess } from './host-process.js';
import type { HostProcess, HostProcessSettings } from './host-process.js';

/** Only bounds a failing test. */
const LIMIT = 300_000;

const describeOnServers = PRIVATE_SERVERS.length === 0 ? describe.skip : describe;

describeOnServers.each(PRIVATE_SERVERS)('the database server is hurt: %s', (_name, startServer) => {
  let server: PrivateServer;
  let suite: Suite;
  let connection: Connection;
  let processes: HostProcess[] = [];

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.destroy());
  beforeEach(async () => {
    suite = await startSuite(() => server.database(), {
      flock: { background: false, renewal: { storeBudgetMs: 500 } },
    });
    suite.sandbox.flint.settings.grace = { kind: 'none' };
    connection = await suite.connect();
  });
  afterEach(async () => {
    for (const one of processes) await one.stop();
    processes = [];
    await suite.stop();
  });

  const rescued = () => rescueFiles(suite.database);
  const startProcess = async (settings: HostProcessSettings = {}) => {
    const started = await startHostProcess(suite, settings);
    processes.push(started);
    return started;
  };
  const renewed = (rejected: string) =>
    until(() => suite.tokens.getAccessToken(connection.id, { rejected }).catch(() => undefined));
  const works = async (token: string) => {
    const { status } = await fetch(`${suite.sandbox.flint.url}/v1/orders`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return status === 200;
  };
  const health = async () => (await suite.host.app.get(FlockHealthIndicator).isHealthy()).flock;

  it('F27, P37: stopped before the claim, the provider sees no request; a valid token is served on', async () => {
    const token = await suite.tokens.getAccessToken(connection.id);
    await server.kill();
    const error = await failureOf(suite.tokens.getAccessToken(connection.id, { rejected: token }));
    expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
    expect(await suite.tokens.getAccessToken(connection.id)).toBe(token);
    expect(await health()).toMatchObject({ status: 'down', store: false });
    expect(refreshCalls(suite)).toEqual([]);
    await server.start();
    expect(await works(await renewed(token))).toBe(true);
    expect(refreshCalls(suite)).toHaveLength(1);
    expect(await until(async () => (await health())?.status === 'up')).toBe(true);
  });

  it('F4, P37: stopped between claim and answer, the result is replayed from its rescue file when it is back', async () => {
    const token = await suite.tokens.getAccessToken(connection.id);
    const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    const caller = failureOf(suite.tokens.getAccessToken(connection.id, { rejected: token }));
    await held.reached;
    await server.kill();
    held.release();
    await until(() => rescued().length === 1);
    // Not handed out before it is stored.
    expect((await caller).code).toBe('provider_unavailable');
    expect(await health()).toMatchObject({ status: 'down', rescued: 1 });
    await server.start();
    await until(() => rescued().length === 0);
    expect(await suite.row(connection.id)).toMatchObject({ status: 'active', token_version: 2 });
    const now = await until(() =>
      suite.tokens.getAccessToken(connection.id).catch(() => undefined),
    );
    expect(now).not.toBe(token);
    expect(await works(now)).toBe(true);
    expect(refreshCalls(suite)).toHaveLength(1);
  });

  it('F4: when the process is killed meanwhile, another one adopts the rescue file and stores it', async () => {
    const doomed = await startProcess({ flock: { renewal: { storeBudgetMs: 60_000 } } });
    const token = await suite.tokens.getAccessToken(connection.id);
    await doomed.ask('get', { ref: connection.id });
    const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    doomed.ask('get', { ref: connection.id, options: { rejected: token } }).catch(() => undefined);
    await held.reached;
    await server.kill();
    held.release();
    await until(() => rescued().length === 1);
    doomed.signal('SIGKILL');
    expect(await doomed.exited).toBe('SIGKILL');
    await server.start();
    const heir = await startProcess();
    expect(rescued()).toEqual([]);
    const [answer] = await heir.ask('get', { ref: connection.id });
    expect(answer?.token).not.toBe(token);
    expect(await works(answer?.token as string)).toBe(true);
    expect(await suite.row(connection.id)).toMatchObject({ status: 'active', token_version: 2 });
    expect(refreshCalls(suite)).toHaveLength(1);
  });

  it(
    'F4: restarted in the middle of work, twice: no connection is lost and nothing is spent twice',
    async () => {
      const grants = suite.sandbox.flint.issue({ count: 60 });
      const ids = await seedConnections(
        suite,
        grants,
        grants.map(() => randomUUID()),
      );
      suite.sandbox.reset();
      // The load of the test itself must not look like a silent provider, nor like a dead process.
      const renewal = { httpTimeoutMs: 10_000, rescueGraceMs: 5_000 };
      const workers = await Promise.all([
        startProcess({ flock: { renewal } }),
        startProcess({ flock: { renewal } }),
      ]);
      for (const worker of workers) await worker.ask('renewForever', { refs: ids });
      for (let restart = 1; restart <= 2; restart += 1) {
        const before = refreshCalls(suite).length;
        await until(() => refreshCalls(suite).length >= before + 60);
        await server.kill();
        await server.start();
      }
      const before = refreshCalls(suite).length;
      await until(() => refreshCalls(suite).length >= before + 60);
      await Promise.all(
        workers.map(async (worker) => {
          worker.signal('SIGTERM');
          expect(await worker.exited).toBe(0);
        }),
      );
      // What was claimed when the database went is renewed by whoever comes, after its claim.
      const clean = await startProcess({ flock: { renewal: { ...renewal, waitMs: 40_000 } } });
      await Promise.all(
        ids.map(async (ref) => {
          const [held] = await clean.ask('get', { ref });
          const [fresh] = await clean.ask('get', { ref, options: { rejected: held?.token ?? '' } });
          expect(fresh?.code).toBeUndefined();
        }),
      );
      expect(rescued()).toEqual([]);
      const rows = await suite.database.sql('SELECT status, claim_id FROM flock_connection');
      expect(
        rows.filter(({ status, claim_id }) => status !== 'active' || claim_id !== null),
      ).toEqual([]);
      const { spentMoreThanOnce, reuse, overlaps } = suite.sandbox.flint.audit();
      expect([spentMoreThanOnce.size, reuse, overlaps]).toEqual([0, 0, 0]);
      expect(suite.sandbox.flint.violations).toEqual([]);
    },
    LIMIT,
  );

  it('F27: read-only, nothing is spent and valid tokens are served; it recovers by itself', async () => {
    const token = await suite.tokens.getAccessToken(connection.id);
    const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    const other = await suite.connect({ merchant: 'mer_birch' });
    const before = await suite.tokens.getAccessToken(other.id);
    // One renewal is under way when it becomes read-only, the other comes after.
    const caller = failureOf(suite.tokens.getAccessToken(connection.id, { rejected: token }));
    await held.reached;
    await server.readOnly(true);
    try {
      const refused = await failureOf(suite.tokens.getAccessToken(other.id, { rejected: before }));
      expect(refused).toMatchObject({ code: 'provider_unavailable', retryable: true });
      expect(refreshCalls(suite)).toHaveLength(1);
      held.release();
      expect((await caller).code).toBe('provider_unavailable');
      await until(() => rescued().length === 1);
      for (const [id, valid] of [
        [connection.id, token],
        [other.id, before],
      ] as const)
        expect(await suite.tokens.getAccessToken(id)).toBe(valid);
    } finally {
      await server.readOnly(false);
    }
    await until(() => rescued().length === 0);
    expect(await suite.row(connection.id)).toMatchObject({ status: 'active', token_version: 2 });
    const now = await until(() =>
      suite.tokens.getAccessToken(other.id, { rejected: before }).catch(() => undefined),
    );
    expect(await works(now)).toBe(true);
    expect(refreshCalls(suite)).toHaveLength(2);
    expect(suite.sandbox.flint.audit().spentMoreThanOnce.size).toBe(0);
  });

  it(
    'F27: frozen, callers of valid tokens do not wait for it, and a blind instance serves nothing',
    async () => {
      const patient = await startProcess({ flock: { renewal: { maxBlindMs: 60_000 } } });
      const looks = async () => {
        const { ended } = await patient.ask('counts');
        await until(async () => (await patient.ask('counts')).ended >= ended + 2);
      };
      // The first looks show it as new.
      await looks();
      const [token] = await patient.ask('get', { ref: connection.id });
      // Nearly a minute goes by while the store is seen; then the entry has to be read again.
      for (let step = 0; step < 3; step += 1) {
        await patient.ask('age', { ms: 19_900 });
        await looks();
      }
      server.freeze();
      try {
        await patient.ask('age', { ms: 1_000 });
        const before = await patient.ask('counts');
        for (let call = 0; call < 20; call += 1)
          expect(await patient.ask('get', { ref: connection.id })).toEqual([token]);
        // All of them before the one read of the feed that hangs was given up.
        const after = await patient.ask('counts');
        expect(after.ended - before.ended).toBeLessThanOrEqual(1);
        expect(refreshCalls(suite)).toEqual([]);
        await patient.ask('age', { ms: 60_000 });
        expect(await patient.ask('get', { ref: connection.id })).toEqual([
          { code: 'provider_unavailable' },
        ]);
      } finally {
        server.thaw();
      }
      await until(async () => {
        const [answer] = await patient.ask('get', { ref: connection.id });
        return answer?.token === token?.token;
      });
      expect(refreshCalls(suite)).toEqual([]);
    },
    LIMIT,
  );

  it(
    'F27: frozen at SIGTERM, the process ends by itself all the same',
    async () => {
      const stopping = await startProcess({ flock: { background: true } });
      await stopping.ask('get', { ref: connection.id });
      server.freeze();
      try {
        stopping.signal('SIGTERM');
        expect(await stopping.exited).toBe(0);
      } finally {
        server.thaw();
      }
    },
    LIMIT,
  );

  it('F27: a frozen server that thaws gives what its callers waited for, and nothing is spent twice', async () => {
    const token = await suite.tokens.getAccessToken(connection.id);
    server.freeze();
    const callers = Array.from({ length: 50 }, () =>
      suite.host.app.get(TokenService).getAccessToken(connection.id, { rejected: token }),
    );
    const outcomes = Promise.allSettled(callers);
    expect(refreshCalls(suite)).toEqual([]);
    server.thaw();
    const tokens = (await outcomes).flatMap((one) =>
      one.status === 'fulfilled' ? [one.value] : [],
    );
    expect(new Set(tokens).size).toBe(1);
    expect(tokens).toHaveLength(50);
    expect(refreshCalls(suite)).toHaveLength(1);
  });
});
