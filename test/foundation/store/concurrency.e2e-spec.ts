import { randomUUID } from 'node:crypto';
import { Database } from '../../../libs/core/src/foundation/database/database.js';
import { rowInsert, rowStatement } from '../../../libs/core/src/foundation/database/statement.js';
import { ALL_DATABASES } from '../../support/databases.js';
import type { TestDatabase } from '../../support/databases.js';

const INSERT = rowInsert<{ account: string; owner: string | null; scopes: string }>({
  name: 'test_insert',
  table: 'flock_connection',
  computed: {
    provider: "'p'",
    app: "'p'",
    environment: "'e'",
    status: "'active'",
    installed_at: '{now}',
    changed_at: '{now}',
  },
  parameters: { account: 'text', owner: 'text', scopes: 'text' },
  returning: ['account'],
});
const SEAL = rowStatement<{ token_set: Buffer }>({
  name: 'test_seal',
  table: 'flock_connection',
  set: 'token_set = :token_set',
  where: "status = 'active'",
  parameters: { token_set: 'bytes' },
  returning: ['token_set'],
});

/** What every database must do alike; each test has rows of its own. */
describe.each(ALL_DATABASES)('many at once on %s', (name, open) => {
  let test: TestDatabase;
  let database: Database;
  const others: Database[] = [];

  const opened = async (poolSize: number): Promise<Database> => {
    const one = new Database();
    await one.open({ url: test.url, sqliteDriver: 'better-sqlite3', poolSize }, 'run');
    others.push(one);
    return one;
  };
  beforeAll(async () => {
    test = await open();
    database = await opened(5);
  });
  afterAll(async () => {
    for (const one of others) await one.close();
    await test.drop();
  });

  const insert = async (account: string = randomUUID(), owner: string | null = null) => {
    const id = randomUUID();
    return { id, row: await database.write(INSERT, { id, account, owner, scopes: '' }) };
  };
  const many = async (count: number, owner: string): Promise<string[]> => {
    const rows = await Promise.all(Array.from({ length: count }, () => insert(undefined, owner)));
    return rows.map(({ id }) => id);
  };

  it('accounts that differ in case or in a blank at the end are different accounts', async () => {
    const account = randomUUID();
    for (const one of [account, account.toUpperCase(), `${account} `, `${account}é`]) {
      expect((await insert(one)).row).toMatchObject({ account: one });
      const found = await database.read(
        'SELECT account FROM flock_connection WHERE account = :account',
        { account: one },
      );
      expect(found).toEqual([{ account: one }]);
    }
  });

  it('a group of inserts adds each row once and says which were there', async () => {
    const [account, id] = [randomUUID(), randomUUID()];
    await database.write(INSERT, { id, account, owner: null, scopes: 'first' });
    const results = await Promise.all([
      database.write(INSERT, { id, account: randomUUID(), owner: null, scopes: 'same id' }),
      insert(account).then(({ row }) => row),
      ...Array.from({ length: 40 }, () => insert().then(({ row }) => row)),
    ]);
    expect(results.slice(0, 2)).toEqual([undefined, undefined]);
    expect(results.slice(2).every((row) => row !== undefined)).toBe(true);
    expect(await test.sql('SELECT scopes FROM flock_connection WHERE id = ?', [id])).toEqual([
      { scopes: 'first' },
    ]);
  });

  it('bytes and texts of a megabyte come back as they were', async () => {
    const bytes = Buffer.from(Uint32Array.from({ length: 262_144 }, (_, index) => index * 65_537));
    const scopes = 'ü'.repeat(500_000);
    const id = randomUUID();
    await database.write(INSERT, { id, account: id, owner: null, scopes });
    const results = await Promise.all([
      database.write(SEAL, { id, token_set: bytes }),
      database.write(SEAL, { id: (await insert()).id, token_set: Buffer.alloc(0) }),
    ]);
    expect((results[0]?.token_set as Buffer).equals(bytes)).toBe(true);
    expect((results[1]?.token_set as Buffer).length).toBe(0);
    const [row] = await database.read('SELECT scopes FROM flock_connection WHERE id = :id', { id });
    expect(row?.scopes === scopes).toBe(true);
  });

  it('F8: what is due is claimed once, whoever asks', async () => {
    const owner = randomUUID();
    const ids = await many(300, owner);
    const second = await opened(5);
    const claimed: string[] = [];
    const work = async (by: Database): Promise<void> => {
      for (;;) {
        const rows = await by.run((transaction) =>
          transaction.updatePicked(
            {
              table: 'flock_connection',
              set: `claim_id = ${by.dialect.randomId}, claim_until = {now} + 60000`,
              pick: `SELECT id FROM flock_connection WHERE owner = :owner AND claim_id IS NULL
                ORDER BY id LIMIT 7`,
              returning: ['id', 'claim_until', '{now} AS db_now'],
            },
            { owner },
          ),
        );
        for (const row of rows) {
          claimed.push(String(row.id));
          expect(Number(row.claim_until) - Number(row.db_now)).toBeGreaterThan(50_000);
        }
        const [left] = await by.read(
          'SELECT COUNT(*) AS n FROM flock_connection WHERE owner = :owner AND claim_id IS NULL',
          { owner },
        );
        // Others may hold what is left: they are passed over.
        if (Number(left?.n) === 0) return;
      }
    };
    await Promise.all([database, database, database, second, second].map(work));
    expect(claimed.sort()).toEqual(ids.sort());
    const rows = await test.sql('SELECT claim_id FROM flock_connection WHERE owner = ?', [owner]);
    expect(new Set(rows.map(({ claim_id }) => claim_id)).size).toBe(300);
  });

  it('units that lock each other’s rows crosswise both end', async () => {
    const [a, b] = await many(2, randomUUID());
    const second = await opened(3);
    let holding = 0;
    let attempts = 0;
    let meet: () => void = () => undefined;
    const met = new Promise<void>((resolve) => (meet = resolve));
    const unit = (by: Database, first: string, then: string) => {
      let attempt = 0;
      return by.run(async (transaction) => {
        attempts += 1;
        attempt += 1;
        const count = 'UPDATE flock_connection SET failures = failures + 1 WHERE id = :id';
        await transaction.execute(count, { id: first });
        // Both hold their first row before either asks for the other's; SQLite has one writer at a time.
        if (attempt === 1 && name !== 'sqlite') {
          holding += 1;
          if (holding === 2) meet();
          await met;
        }
        await transaction.execute(count, { id: then });
      });
    };
    await Promise.all([
      unit(database, a as string, b as string),
      unit(second, b as string, a as string),
    ]);
    const rows = await test.sql('SELECT failures FROM flock_connection WHERE id IN (?, ?)', [a, b]);
    expect(rows.map(({ failures }) => Number(failures))).toEqual([2, 2]);
    if (name !== 'sqlite') expect(attempts).toBeGreaterThanOrEqual(3);
  });

  it('a pool that is dry lets units wait, and reads go on', async () => {
    const small = await opened(3);
    const ids = await many(20, randomUUID());
    let under = 0;
    let most = 0;
    const units = Array.from({ length: 200 }, (_, index) =>
      small.run(async (transaction) => {
        most = Math.max(most, (under += 1));
        await transaction.execute(
          'UPDATE flock_connection SET failures = failures + 1 WHERE id = :id',
          { id: ids[index % ids.length] as string },
        );
        under -= 1;
      }),
    );
    const reads = Array.from({ length: 200 }, () => small.read('SELECT 1 AS ok'));
    await Promise.all([...units, ...reads]);
    expect(most).toBe(1);
    const rows = await test.sql('SELECT failures FROM flock_connection WHERE failures = 10');
    expect(rows).toHaveLength(20);
  });

  it('one key lets one unit at a time go on, and is free again after a failure', async () => {
    const key = randomUUID();
    const second = await opened(5);
    let under = 0;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 24 }, (_, index) =>
        (index % 2 === 0 ? database : second).run(async (transaction) => {
          await transaction.lock(key);
          under += 1;
          await transaction.execute("DELETE FROM flock_connection WHERE id = 'none'");
          const alone = under === 1;
          under -= 1;
          if (index % 3 === 0) throw new Error('undo');
          return alone;
        }),
      ),
    );
    const ended = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(ended).toEqual(Array.from({ length: 16 }, () => true));
  });

  it('F29: the database’s clock is in UTC milliseconds and goes on inside a unit', async () => {
    const times = await database.run(async (transaction) => {
      const first = await transaction.first('SELECT {now} AS now');
      const before = Date.now();
      while (Date.now() < before + 5) await new Promise(setImmediate);
      return [first, await transaction.first('SELECT {now} AS now')];
    });
    const [first, second] = times.map((row) => Number(row?.now)) as [number, number];
    expect(second).toBeGreaterThan(first);
    expect(Math.abs(first - Date.now())).toBeLessThan(60_000);
  });

  if (name === 'postgres') {
    it('units that cannot be put in one order run again until they can', async () => {
      const own = new URL(test.url).pathname.slice(1);
      await test.sql(`ALTER DATABASE ${own} SET default_transaction_isolation = 'serializable'`);
      const strict = await opened(8);
      const owner = randomUUID();
      await many(1, owner);
      // Each counts what the others add: under the strictest isolation most of them fail once.
      const counts = await Promise.all(
        Array.from({ length: 8 }, () =>
          strict.run(async (transaction) => {
            const row = await transaction.first(
              'SELECT COUNT(*) AS n FROM flock_connection WHERE owner = :owner',
              { owner },
            );
            const id = randomUUID();
            await transaction.apply(INSERT, { id, account: id, owner, scopes: '' });
            return Number(row?.n);
          }),
        ),
      );
      expect(counts.sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });
  }

  if (name === 'mariadb' || name === 'mysql') {
    it('sessions do not depend on the server’s defaults', async () => {
      const [row] = await database.read(
        `SELECT @@sql_mode AS mode, @@tx_isolation AS isolation, @@character_set_connection AS charset`,
      );
      expect(row).toMatchObject({ isolation: 'READ-COMMITTED', charset: 'utf8mb4' });
      expect(String(row?.mode)).toContain('STRICT_ALL_TABLES');
      // A server that took no backslash as an escape would misread the driver's texts.
      expect(String(row?.mode)).not.toContain('NO_BACKSLASH_ESCAPES');
    });
  }
});
