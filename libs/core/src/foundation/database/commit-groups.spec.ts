import { CommitGroups, TooMuchWaits } from './commit-groups.js';
import type { SqlDialect } from './sql-dialect.js';
import { rowInsert, rowStatement } from './statement.js';
import type { SqlRow, SqlValue } from './statement.js';
import type { UnitOfWork } from './unit-of-work.js';

const UPDATE = rowStatement<{ a: string }>({
  name: 'update',
  table: 'any',
  set: 'a = :a',
  where: '1 = 1',
  parameters: { a: 'text' },
  returning: [],
});
const INSERT = rowInsert<{ a: string }>({
  name: 'insert',
  table: 'any',
  computed: {},
  parameters: { a: 'text' },
  returning: [],
});

type Batch = readonly Record<string, SqlValue>[];

/** Groups over a database that answers each batch by `answer`. */
function groupsOver(answer: (batch: Batch) => Promise<SqlRow[]>) {
  const dialect = {
    singleConnection: true,
    isAnswer: () => true,
    isTransient: () => false,
    runBatch: (_session: unknown, _statement: unknown, batch: Batch) => answer(batch),
  };
  const unitOfWork = {
    runSession: (_units: number, work: (session: object) => unknown) => work({}),
  };
  return new CommitGroups(
    unitOfWork as unknown as UnitOfWork,
    dialect as unknown as SqlDialect,
    () => undefined,
  );
}

const rowsOf = (batch: Batch): SqlRow[] => batch.map(({ id }) => ({ id }));
const refused = (code: string) => Object.assign(new Error(code), { code });

describe('statements that share a commit', () => {
  const write = (groups: CommitGroups, ids: readonly string[]) =>
    Promise.allSettled(ids.map((id) => groups.write(UPDATE, { id, a: 'x' })));

  it('are tried one by one when one of them is refused, which costs the others nothing', async () => {
    const groups = groupsOver((batch) =>
      batch.some(({ id }) => id === '2')
        ? Promise.reject(refused('22001'))
        : Promise.resolve(rowsOf(batch)),
    );
    const ends = await write(groups, ['1', '2', '3']);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('are refused together once the database itself is the reason: nobody waits in line for it', async () => {
    const tries: number[] = [];
    const groups = groupsOver((batch) => {
      tries.push(batch.length);
      return Promise.reject(refused('53100'));
    });
    const ends = await write(groups, ['1', '2', '3']);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(tries).toEqual([3, 1]);
  });

  it('wait in memory, but for what arrives from outside no more than 5,000', async () => {
    const groups = groupsOver((batch) => Promise.resolve(rowsOf(batch)));
    const insert = (id: number) => groups.write(INSERT, { id: String(id), a: 'x' });
    const waiting = Array.from({ length: 5_000 }, (_, id) => insert(id));
    await expect(insert(5_000)).rejects.toThrow(TooMuchWaits);
    expect(await groups.write(UPDATE, { id: '1', a: 'x' })).toEqual({ id: '1' });
    expect(await Promise.all(waiting)).toHaveLength(5_000);
    expect(await insert(5_001)).toEqual({ id: '5001' });
  });
});
