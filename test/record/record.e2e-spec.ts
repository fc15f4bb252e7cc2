import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const FILE = 'test/renewal.e2e-spec.ts';
const OTHERS = 'test/others.e2e-spec.ts';
const TESTS = `
const holds = () => { expect(1).toBe(1); };
describe.each(DATABASES)('renewing on %s', () => {
  it('F1: a claim ends by itself', () => { holds(); });
  it.each([['F2: HTML', 1], ['F3: a cut', 2]])('%s is unknown', () => { holds(); });
  describe('a state', () => { it(\`S1: is \${bits()} bits long\`, () => { holds(); }); });
});
`;

const IDS = [52, 39].flatMap((count, letter) =>
  Array.from({ length: count }, (_, index) => `${'FS'[letter]}${index + 1}`),
);
const other = (id: string) => `it('${id}: another', () => { expect(1).toBe(1); });`;
const titled = (title: string, file = FILE) => `- [${file}](../${file}): \`${title}\``;

/** Both pages as they must be; `change` replaces what a row says, or takes it away. */
function pages(change: Record<string, string> = {}): Record<string, string> {
  const says: Record<string, string> = {
    F1: titled('F1: a claim ends by itself'),
    F2: titled('F2: HTML is unknown'),
    F3: titled('F3: a cut is unknown'),
    S1: titled('a state › S1: is … bits long'),
    S35: 'Does not apply: this is an example.',
    ...change,
  };
  const page = (letter: string) =>
    IDS.filter((id) => id.startsWith(letter) && says[id] !== '')
      .map((id) => `### ${id}: a row\n\n${says[id] ?? titled(`${id}: another`, OTHERS)}\n`)
      .join('\n');
  return { 'docs/faults.md': page('F'), 'docs/security.md': page('S') };
}

/** A test of its own for each row that says nothing else. */
const tests = (more = '') => ({
  [FILE]: `${TESTS}${more}`,
  [OTHERS]: IDS.filter((id) => !['F1', 'F2', 'F3', 'S1', 'S35'].includes(id))
    .map(other)
    .join('\n'),
});

interface Run {
  readonly status?: string;
  readonly assertions?: number;
  readonly group?: string;
}

describe('the check of the record', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nest-flock-record-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const check = async (files: Record<string, string>, ...more: string[]) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const script = join(process.cwd(), 'scripts', 'check-record.mjs');
    return new Promise<{ passed: boolean; said: string[] }>((resolve) => {
      execFile(process.execPath, [script, '--root', root, ...more], (error, stdout, stderr) =>
        resolve({ passed: error === null, said: `${stdout}${stderr}`.trim().split('\n') }),
      );
    });
  };

  /** What the check says of a row whose test is written, or named, in another way. */
  const problemsOf = async (change: Record<string, string>, more: string) => {
    const { passed, said } = await check({ ...tests(more), ...pages(change) });
    expect(passed).toBe(false);
    return said.slice(0, -1);
  };

  it('passes a record whose rows name tests that are there', async () => {
    const { passed, said } = await check({ ...tests(), ...pages() });
    expect(said).toEqual(['91 rows, 90 tests named, all of them there']);
    expect(passed).toBe(true);
  });

  it('refuses rows that are missing, that name no test, or one that is gone, renamed, skipped or not theirs', async () => {
    const change = {
      F1: titled('F1: a claim ends'),
      F4: titled('F4: a skipped one'),
      F5: 'It is promised.',
      F6: titled('F6: gone', 'test/gone.e2e-spec.ts'),
      F7: `${titled('F7: another', OTHERS)}\n- see above`,
      F8: '(test follows)',
      F9: '',
      S2: titled('F2: HTML is unknown'),
    };
    const skipped = `it.skip('F4: a skipped one', () => { holds(); });`;
    const { passed, said } = await check({ ...tests(skipped), ...pages(change) });
    expect(passed).toBe(false);
    expect(said.filter((line) => !line.includes(' carries '))).toEqual([
      'docs/faults.md: F9 has no row; expected "### F9: …"',
      'docs/faults.md:3: F1: test/renewal.e2e-spec.ts has no test "F1: a claim ends"; the nearest is "F1: a claim ends by itself" (line 4)',
      'docs/faults.md:15: F4: test/renewal.e2e-spec.ts skips the test "F4: a skipped one"',
      'docs/faults.md:17: F5 names no test',
      'docs/faults.md:23: F6: there is no test file test/gone.e2e-spec.ts',
      'docs/faults.md:28: F7 has a line that names no test; expected "- [file](../file): `title`"',
      'docs/faults.md:32: F8 still waits for its test',
      'docs/security.md:7: S2: "F2: HTML is unknown" does not have S2 at the front of its title',
      expect.stringMatching(/^\d+ problems in the record$/),
    ]);
  });

  it('refuses a test that carries a row which no page knows', async () => {
    expect(await problemsOf({}, other('F53'))).toEqual([
      expect.stringContaining('"F53: another" carries F53, which no page knows'),
    ]);
  });

  it('refuses a test that carries a row which does not name it', async () => {
    expect(await problemsOf({}, `it('F1, S2: not named', () => { expect(1).toBe(1); });`)).toEqual([
      expect.stringContaining('"F1, S2: not named" carries F1, which does not name it'),
      expect.stringContaining('"F1, S2: not named" carries S2, which does not name it'),
    ]);
  });

  it('refuses tests that assert nothing, or may return before they do', async () => {
    const bodies = {
      F5: '() => {}',
      F6: 'async () => { await renew(); }',
      F7: 'function () { idle(); }',
      F8: '() => { if (isSlow()) return; expect(1).toBe(1); }',
    };
    const weak = Object.entries(bodies).map(([id, body]) => `it('${id}: weak', ${body});`);
    const change = Object.fromEntries(Object.keys(bodies).map((id) => [id, titled(`${id}: weak`)]));
    const more = `const idle = () => undefined; ${weak.join('\n')}`;
    expect(await problemsOf(change, more)).toEqual(
      expect.arrayContaining([
        `docs/faults.md:19: F5: ${FILE}: the test "F5: weak" asserts nothing`,
        `docs/faults.md:23: F6: ${FILE}: the test "F6: weak" asserts nothing`,
        `docs/faults.md:27: F7: ${FILE}: the test "F7: weak" asserts nothing`,
        `docs/faults.md:31: F8: ${FILE}: the test "F8: weak" may return before its first assertion`,
      ]),
    );
  });

  it('takes a function’s return, and a return after an assertion, for no early end', async () => {
    const body = '() => { const one = () => { return 1; }; expect(one()).toBe(1); return; }';
    const more = `it('F5: strong', ${body});`;
    const { said } = await check({
      ...tests(more),
      ...pages({ F5: `${titled('F5: another', OTHERS)}\n${titled('F5: strong')}` }),
    });
    expect(said).toEqual(['91 rows, 91 tests named, all of them there']);
  });

  it('refuses an unrelated test of a group that is titled with the row', async () => {
    const more = `describe('F5: renewing', () => { it('answers', () => { expect(1).toBe(1); }); });`;
    const problems = await problemsOf({ F5: titled('F5: renewing › answers') }, more);
    expect(problems).toContain(
      'docs/faults.md:19: F5: "F5: renewing › answers" does not have F5 at the front of its title',
    );
    expect(problems).toContainEqual(
      expect.stringContaining('the group "F5: renewing" carries a row; only tests do'),
    );
  });

  it('refuses "Does not apply" for any row but those of a fixed list', async () => {
    const { passed, said } = await check({
      ...tests(),
      ...pages({ F5: 'Does not apply: it is hard to test.' }),
    });
    expect(passed).toBe(false);
    expect(said).toContain('docs/faults.md:17: F5 may not say "Does not apply"; only S35 may');
  });

  it('refuses tests that are skipped, whatever the word for it', async () => {
    const skipped = {
      F5: "const later = it.skip; later('F5: weak', holds);",
      F6: "const itLater = xit; itLater('F6: weak', holds);",
      F7: "it.todo('F7: weak');",
      F8: "const rest = describe.skip; rest('x', () => { it('F8: weak', holds); });",
      F9: "fit('F9: weak', holds);",
      F10: "test.only('F10: weak', holds);",
      F11: "describe.skip.each([1])('%s', () => { it('F11: weak', holds); });",
    };
    const ids = Object.keys(skipped);
    const change = Object.fromEntries(ids.map((id) => [id, titled(`${id}: weak`)]));
    const problems = await problemsOf(change, Object.values(skipped).join('\n'));
    for (const id of ids) {
      expect(problems).toContainEqual(
        expect.stringContaining(`${id}: ${FILE} skips the test "${id}: weak"`),
      );
    }
  });

  it('refuses tests of a file that gives the usual name another meaning', async () => {
    const problems = await problemsOf({}, 'const it = test.skip;');
    expect(problems).toContain(
      `docs/faults.md:3: F1: ${FILE} skips the test "F1: a claim ends by itself"`,
    );
  });

  describe('held to a run', () => {
    const RENEWING = [
      ['renewing on x', 'F1: a claim ends by itself'],
      ['renewing on x', 'F2: HTML is unknown'],
      ['renewing on x', 'F3: a cut is unknown'],
      ['renewing on x', 'a state', 'S1: is 256 bits long'],
    ];
    const suite = (file: string, chains: string[][], runs: Run[][] = []) => ({
      name: join(root, file),
      assertionResults: chains.flatMap((chain, index) =>
        (runs[index] ?? [{}]).map(({ status = 'passed', assertions = 1, group }) => ({
          ancestorTitles: [group ?? chain[0], ...chain.slice(1, -1)],
          title: chain.at(-1),
          status,
          numPassingAsserts: assertions,
        })),
      ),
    });
    const held = async (runs: Run[][] = [], change: Record<string, string> = {}) => {
      const named = IDS.filter((id) => !['F1', 'F2', 'F3', 'S1', 'S35'].includes(id));
      const testResults = [
        suite(FILE, RENEWING, runs),
        suite(
          OTHERS,
          named.map((id) => ['', `${id}: another`]),
        ),
      ];
      const files = { ...tests(), ...pages(change), 'run.json': JSON.stringify({ testResults }) };
      return check(files, '--report', join(root, 'run.json'));
    };

    it('passes when all that is named has passed', async () => {
      expect(await held()).toEqual({
        passed: true,
        said: ['91 rows, 90 tests named, all of them passed'],
      });
    });

    it('refuses what did not run, failed, was skipped in one of its runs, or ended without an assertion', async () => {
      const { passed, said } = await held([
        [],
        [{ status: 'failed' }],
        [{}, { status: 'pending', group: 'renewing on y' }],
        [{}, { assertions: 0, group: 'renewing on y' }],
      ]);
      expect(passed).toBe(false);
      expect(said).toEqual([
        `docs/faults.md:3: F1: it did not run: ${FILE} "F1: a claim ends by itself"`,
        `docs/faults.md:7: F2: it failed: ${FILE} "renewing on x › F2: HTML is unknown"`,
        `docs/faults.md:11: F3: it was skipped: ${FILE} "renewing on y › F3: a cut is unknown"`,
        `docs/security.md:3: S1: it ended without an assertion: ${FILE} "renewing on y › a state › S1: is 256 bits long"`,
        '4 problems in the record',
      ]);
    });

    it('refuses a row that speaks of a database on which none of its tests ran', async () => {
      const F1 = `On PostgreSQL and MariaDB alike.\n${titled('F1: a claim ends by itself')}`;
      const { passed, said } = await held([[{ group: 'renewing on postgres' }]], { F1 });
      expect(passed).toBe(false);
      expect(said).toEqual([
        'docs/faults.md:1: F1 speaks of MariaDB, and none of its tests ran on it',
        '1 problems in the record',
      ]);
    });
  });
});
