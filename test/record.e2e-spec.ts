import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const FILE = 'test/renewal.e2e-spec.ts';
const TESTS = `
describe.each(DATABASES)('renewing on %s', () => {
  it('F1: a claim ends by itself', () => {});
  it.each([['F2: HTML', 1], ['F3: a cut', 2]])('%s is unknown', () => {});
  describe('S1: a state', () => { it(\`is \${bits()} bits long\`, () => {}); });
});
it.skip('F4: a skipped one', () => {});
`;

const titled = (title: string, file = FILE) => `- [${file}](../${file}): \`${title}\``;

/** Both pages as they must be; `change` replaces what a row says, or takes it away. */
function pages(change: Record<string, string> = {}): Record<string, string> {
  const says: Record<string, string> = {
    F1: titled('F1: a claim ends by itself'),
    F2: titled('F2: HTML is unknown'),
    F3: titled('%s is unknown'),
    S1: titled('S1: a state › is … bits long'),
    ...change,
  };
  const page = (letter: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)
      .filter((id) => says[id] !== '')
      .map((id) => `### ${id}: a row\n\n${says[id] ?? 'Does not apply: this is an example.'}\n`)
      .join('\n');
  return { 'docs/faults.md': page('F', 52), 'docs/security.md': page('S', 39) };
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
    return new Promise<{ passed: boolean; said: string }>((resolve) => {
      execFile(process.execPath, [script, '--root', root, ...more], (error, stdout, stderr) =>
        resolve({ passed: error === null, said: `${stdout}${stderr}` }),
      );
    });
  };
  const tests = { [FILE]: TESTS };

  it('passes a record whose rows name tests that are there', async () => {
    const { passed, said } = await check({ ...tests, ...pages() });
    expect(said).toBe('91 rows, 4 tests named, all of them there\n');
    expect(passed).toBe(true);
  });

  it('refuses rows that are missing, that name no test, or one that is gone, renamed, skipped or not theirs', async () => {
    const change = {
      F1: titled('F1: a claim ends'),
      F4: titled('F4: a skipped one'),
      F5: 'It is promised.',
      F6: titled('F6: gone', 'test/gone.e2e-spec.ts'),
      F7: `${titled('F1: a claim ends by itself')}\n- see above`,
      F8: '(test follows)',
      F9: '',
      S2: titled('F2: HTML is unknown'),
    };
    const { passed, said } = await check({ ...tests, ...pages(change) });
    expect(passed).toBe(false);
    expect(said.trim().split('\n')).toEqual([
      'docs/faults.md: F9 has no row; expected "### F9: …"',
      'docs/faults.md:3: F1: test/renewal.e2e-spec.ts has no test "F1: a claim ends"; the nearest is "F1: a claim ends by itself" (line 3)',
      'docs/faults.md:15: F4: test/renewal.e2e-spec.ts skips the test "F4: a skipped one"',
      'docs/faults.md:17: F5 names no test and does not say "Does not apply: …"',
      'docs/faults.md:23: F6: there is no test file test/gone.e2e-spec.ts',
      'docs/faults.md:28: F7 has a line that names no test; expected "- [file](../file): `title`"',
      'docs/faults.md:32: F8 still waits for its test',
      'docs/security.md:5: no test named for S2 has it at the front of its title',
      '8 problems in the record',
    ]);
  });

  it('refuses a test that carries a row which no page knows', async () => {
    const { passed, said } = await check({
      ...pages(),
      [FILE]: `${TESTS}it('F53: of a fault to come', () => {});`,
    });
    expect(said).toContain('"F53: of a fault to come" carries F53, which no page knows');
    expect(passed).toBe(false);
  });

  it('holds the record to a run: what is named must have passed', async () => {
    const run = (statuses: string[]) => {
      const titles = [
        ['renewing on x', 'F1: a claim ends by itself'],
        ['renewing on x', 'F2: HTML is unknown'],
        ['renewing on x', 'F3: a cut is unknown'],
        ['renewing on x', 'S1: a state', 'is 256 bits long'],
      ];
      const assertionResults = titles.map((chain, index) => ({
        ancestorTitles: chain.slice(0, -1),
        title: chain.at(-1),
        status: statuses[index],
      }));
      const name = join(root, FILE);
      return { 'run.json': JSON.stringify({ testResults: [{ name, assertionResults }] }) };
    };
    const report = ['--report', join(root, 'run.json')];
    const good = run(['passed', 'passed', 'passed', 'passed']);
    expect(await check({ ...tests, ...pages(), ...good }, ...report)).toEqual({
      passed: true,
      said: '91 rows, 4 tests named, all of them passed\n',
    });
    // F2 names one row of the table, F3 the whole of it.
    const bad = run(['pending', 'passed', 'failed', 'passed']);
    const { passed, said } = await check({ ...bad }, ...report);
    expect(said).toContain('F1: it did not run: test/renewal.e2e-spec.ts "F1: a claim ends');
    expect(said).toContain('F3: it failed: test/renewal.e2e-spec.ts "renewing on x › F3: a cut');
    expect(said).toContain('2 problems in the record');
    expect(passed).toBe(false);
  });
});
