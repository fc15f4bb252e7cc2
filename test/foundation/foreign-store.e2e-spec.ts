import { createHash } from 'node:crypto';
import { existsSync, readdirSync, renameSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ProviderRegistry } from '../../libs/core/src/provider/provider.registry.js';
import { DueConnections } from '../../libs/core/src/token/renewal/due-connections.js';
import { AcmeModule } from '../support/acme.js';
import { runCommand } from '../support/command.js';
import { ALL_DATABASES, sqliteDatabase } from '../support/databases.js';
import { startInstance } from '../support/instance.js';
import { until } from '../support/poll.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';

/** Only bounds a failing test. */
const LIMIT = 300_000;

describe.each(ALL_DATABASES)('a store of another deployment on %s', (_name, open) => {
  let suite: Suite;
  const staging = { flock: { deploymentId: 'staging' } };
  const production = { flock: { deploymentId: 'production' } };
  const imports = [
    AcmeModule.forRoot({ clientId: 'a', clientSecret: 'b', baseUrl: 'http://127.0.0.1:1' }),
  ];

  beforeEach(async () => {
    suite = await startSuite(open, { flock: { background: false, deploymentId: 'production' } });
  });
  afterEach(() => suite.stop());

  it(
    'P25: is not migrated, neither by an instance nor by a command; adopted, it is',
    async () => {
      await suite.connect();
      const applied = async () =>
        (await suite.database.sql('SELECT name FROM flock_migrations')).length;
      const all = await applied();
      await suite.database.sql(
        "DELETE FROM flock_migrations WHERE name = 'FlockScale1764900000000'",
      );
      await expect(startInstance(suite, staging)).rejects.toThrow(
        /"production".*behind this release/,
      );
      expect((await runCommand(suite, staging, 'status')).errors).toMatch(/behind this release/);
      expect(await applied()).toBe(all - 1);
      expect((await runCommand(suite, staging, 'adopt', 'staging')).end).toBe(0);
      expect(await applied()).toBe(all - 1);
      await (await startInstance(suite, staging)).stop();
      expect(await applied()).toBe(all);
    },
    LIMIT,
  );

  it(
    'P25: of our own is not migrated by a command of the next release either, which says what to do',
    async () => {
      const gone = "DELETE FROM flock_migrations WHERE name = 'FlockScale1764900000000'";
      await suite.database.sql(gone);
      for (const name of ['status', 'reseal', 'check']) {
        const { end, errors } = await runCommand(suite, production, name);
        expect(end).toBe(1);
        expect(errors).toMatch(/behind this release: start one instance/);
      }
      expect(
        await suite.database.sql(
          "SELECT name FROM flock_migrations WHERE name = 'FlockScale1764900000000'",
        ),
      ).toEqual([]);
    },
    LIMIT,
  );

  it(
    'P23: gets no accounts of our configuration and none of our webhooks, until it is ours',
    async () => {
      const host = await suite.another({ imports, flock: staging.flock });
      const accounts = () =>
        suite.database.sql("SELECT id FROM flock_connection WHERE provider = 'acme'");
      const post = () =>
        fetch(`${host.url}/flint/webhooks`, { method: 'POST', body: '{}' }).then(
          async (response) => ({
            status: response.status,
            retry: response.headers.has('retry-after'),
            code: ((await response.json()) as { code: string }).code,
          }),
        );
      expect(await post()).toEqual({ status: 503, retry: true, code: 'webhook_not_stored' });
      expect(await accounts()).toEqual([]);
      await suite.database.sql("UPDATE flock_deployment SET name = 'staging'");
      await until(async () => (await accounts()).length > 0);
      expect((await post()).status).toBe(400);
    },
    LIMIT,
  );

  it(
    'P24: restored: what had stopped is forgotten, and no probe is spent on what is held back',
    async () => {
      const { id } = await suite.connect();
      const circuit = createHash('sha256')
        .update(
          JSON.stringify(['endpoint', 'flint', 'test', new URL(suite.sandbox.flint.url).origin]),
        )
        .digest('hex');
      const stop = () =>
        suite.database.sql(
          `INSERT INTO flock_circuit (id, kind, provider, app, failures, is_open, probe_at, changed_at)
           VALUES (?, 'endpoint', 'flint', 'flint', 5, 1, 1, ?)`,
          [circuit, Date.now()],
        );
      const circuits = () => suite.database.sql('SELECT id FROM flock_circuit');
      await stop();
      expect((await runCommand(suite, {}, 'adopt', 'production', '--restored')).end).toBe(0);
      expect(await circuits()).toEqual([]);

      await stop();
      await suite.database.sql('UPDATE flock_connection SET due_at = 1');
      const { app } = await suite.another();
      const queue = {
        app: app.get(ProviderRegistry).get('flint', 'flint'),
        environment: 'test',
        key: 'flint/flint/test',
      };
      expect(await app.get(DueConnections).isAnyDue(queue)).toBe(false);
      // So the probe is left to who needs a token, and what it proves counts for all.
      await suite.renew(id);
      expect(await circuits()).toEqual([]);
      await suite.database.sql('UPDATE flock_connection SET due_at = 1');
      expect(await app.get(DueConnections).isAnyDue(queue)).toBe(true);
    },
    LIMIT,
  );
});

describe('rescue files', () => {
  let suite: Suite;
  let id: string;
  const folder = () => join(suite.database.directory, 'rescue');
  const files = () => (existsSync(folder()) ? readdirSync(folder()) : []);
  const production = { flock: { deploymentId: 'production', background: false } };
  const refuse = `CREATE TRIGGER refuse BEFORE UPDATE OF token_set ON flock_connection
    BEGIN SELECT RAISE(ABORT, 'no'); END`;

  beforeEach(async () => {
    suite = await startSuite(sqliteDatabase, production);
    suite.sandbox.flint.settings.grace = { kind: 'none' };
    ({ id } = await suite.connect());
    await suite.host.close();
    await suite.database.sql(refuse);
    const instance = await startInstance(suite, production);
    await instance.getAccessToken(id, 1, { minValiditySeconds: 1e9 });
    await instance.stop();
    await suite.database.sql('DROP TRIGGER refuse');
    expect(files()).toHaveLength(1);
  });
  afterEach(() => suite.stop());

  it(
    "F4: a copy in the same folder leaves production's only token alone, looked at or adopted",
    async () => {
      const copy = join(suite.database.directory, 'copy.sqlite');
      await suite.database.sql('VACUUM INTO ?', [copy]);
      const staging = {
        databaseUrl: `sqlite:${copy}`,
        flock: { deploymentId: 'staging', background: false },
      };
      const status = await runCommand(suite, staging, 'status');
      expect(status.events).toContainEqual(
        expect.objectContaining({ event: 'rescue', deployment: 'production', here: false }),
      );
      expect((await runCommand(suite, staging, 'adopt', 'staging', '--restored')).end).toBe(0);
      await (await startInstance(suite, staging)).stop();
      expect(files()).toHaveLength(1);
      // Commands of production's own do not touch it either; its next instance stores it.
      expect((await runCommand(suite, production, 'status')).end).toBe(0);
      expect(files()).toHaveLength(1);
      const instance = await startInstance(suite, production);
      expect((await instance.getAccessToken(id)).errors).toEqual([]);
      await instance.stop();
      expect(files()).toEqual([]);
      expect(await suite.row(id)).toMatchObject({ token_version: 2, status: 'active' });
      expect(refreshCalls(suite)).toHaveLength(1);
    },
    LIMIT,
  );

  it(
    'F4, P37: a result that is newer than a restored store, or whose connection it has not, is kept',
    async () => {
      const restart = async () => {
        const instance = await startInstance(suite, production);
        const { rescued, rescuedAhead } = await instance.health();
        await instance.stop();
        return { rescued, rescuedAhead, files: files().length };
      };
      const kept = { rescued: 0, rescuedAhead: 1, files: 1 };
      await suite.database.sql('UPDATE flock_connection SET token_version = 0');
      expect(await restart()).toEqual(kept);
      await suite.database.sql("UPDATE flock_connection SET token_version = 1, id = 'other'");
      expect(await restart()).toEqual(kept);
      await suite.database.sql('UPDATE flock_connection SET id = ?', [id]);
      // Before it spends anything, check stores what is known already.
      expect((await runCommand(suite, production, 'check')).end).toBe(0);
      expect(await suite.row(id)).toMatchObject({ token_version: 3, status: 'active' });
      expect(await restart()).toEqual({ rescued: 0, rescuedAhead: 0, files: 0 });
      expect(suite.sandbox.flint.audit()).toMatchObject({ overlaps: 0, reuse: 0 });
    },
    LIMIT,
  );

  it(
    'P36: a file that another machine wrote is taken when it is ten minutes old',
    async () => {
      const [name = ''] = files();
      expect(name.startsWith(hostname())).toBe(true);
      const theirs = join(folder(), `elsewhere${name.slice(hostname().length)}`);
      renameSync(join(folder(), name), theirs);
      const leftAt = async (minutes: number) => {
        const written = Date.now() / 1_000 - minutes * 60;
        utimesSync(theirs, written, written);
        await (await startInstance(suite, production)).stop();
        return files().length;
      };
      expect(await leftAt(9)).toBe(1);
      expect(await suite.row(id)).toMatchObject({ token_version: 1 });
      expect(await leftAt(10.1)).toBe(0);
      expect(await suite.row(id)).toMatchObject({ token_version: 2, status: 'active' });
    },
    LIMIT,
  );
});
