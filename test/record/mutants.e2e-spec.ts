import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const LIMIT = `export const LIMIT = 3;
export const isFull = (count: number): boolean => count >= LIMIT;
export const name = (): string => 'limit';
`;
const TESTS = `
import { isFull, name } from '../libs/core/src/limit.js';
it('F1: three fill it', () => { expect(isFull(3)).toBe(true); expect(isFull(2)).toBe(false); });
it.each(['one', 'two'])('F1: %s of them', (word) => { expect(word).toBe(name() === 'limit' ? word : 'two'); });
it('F1: has a name', () => { expect(name()).not.toBe(''); });
it('F1: is broken', () => { expect(name()).toBe('another'); });
it('F2: is another', () => { expect(name()).not.toBe(''); });
`;
const FILES = {
  'package.json': '{ "type": "module" }',
  '.gitignore': 'node_modules\n.mutants\n',
  'jest.config.mjs': `export default {
  transform: { '\\\\.ts$': ['@swc/jest', { module: { type: 'commonjs' } }] },
  moduleNameMapper: { '^(\\\\.{1,2}/.*)\\\\.js$': '$1' },
  testRegex: 'spec\\\\.ts$',
  testPathIgnorePatterns: [],
};`,
  'libs/core/src/limit.ts': LIMIT,
  'libs/core/tsconfig.json':
    '{ "compilerOptions": { "strict": true, "types": [] }, "include": ["src"] }',
  'test/limit.e2e-spec.ts': TESTS,
  'docs/faults.md': `### F1: too many

**Promised:** *three* fill it,
and it has a [name](../README.md).

${['three fill it', '%s of them', 'has a name', 'is broken']
  .map((title) => `- [limit](../test/limit.e2e-spec.ts): \`F1: ${title}\``)
  .join('\n')}
`,
};

type Mutant = Record<string, unknown>;

const mutant = (change: Mutant = {}): Mutant => ({
  id: 'F1-two',
  row: 'F1',
  file: 'limit.ts',
  before: 'LIMIT = 3',
  after: 'LIMIT = 2',
  breaks: 'three fill it, and it has a name',
  killedBy: ['limit › F1: three fill it'],
  ...change,
});

/** Each check starts jest for every mutant. */
const LONG_MS = 300_000;

describe('the check of mutants', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'nest-flock-mutants-'));
    symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
    write(FILES);
    const git = (...args: string[]) => execFileSync('git', args, { cwd: root });
    git('init', '-q');
    const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
    git(...author, 'commit', '-q', '--allow-empty', '-m', 'First');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const write = (files: Record<string, string>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  };

  const check = async (mutants: Mutant[], ...more: string[]) => {
    write({ 'test/mutants/rows/all.mjs': `export default ${JSON.stringify(mutants)};` });
    const script = join(process.cwd(), 'scripts', 'check-mutants.mjs');
    const args = [script, '--root', root, '--workers', '1', ...more];
    return new Promise<{ passed: boolean; said: string }>((resolve) => {
      execFile(process.execPath, args, (error, stdout, stderr) =>
        resolve({ passed: error === null, said: `${stdout}${stderr}` }),
      );
    });
  };

  it(
    'tells what the named tests notice from what they do not, and puts the code back each time',
    async () => {
      const { passed, said } = await check([
        mutant(),
        mutant({
          id: 'F1-row',
          before: "'limit'",
          after: "'x'",
          killedBy: ['limit › F1: %s of them'],
        }),
        mutant({
          id: 'F1-nameless',
          before: "'limit'",
          after: "'x'",
          killedBy: ['limit › F1: has a name'],
        }),
        mutant({
          id: 'F1-both',
          killedBy: ['limit › F1: three fill it', 'limit › F1: has a name'],
        }),
        mutant({ id: 'F1-four', after: 'LIMIT = 4' }),
      ]);
      expect(said).toContain('[1/5] killed   F1-two');
      expect(said).toContain('[2/5] killed   F1-row');
      expect(said).toContain('[3/5] SURVIVED F1-nameless');
      expect(said).toContain(
        '    F1: "three fill it, and it has a name"\n    passed: F1: has a name',
      );
      expect(said).toContain('[4/5] SURVIVED F1-both');
      expect(said).toContain('[5/5] killed   F1-four');
      expect(said).toContain('3 killed, 2 survived, 0 errors');
      expect(passed).toBe(false);
      expect(readFileSync(join(root, 'libs/core/src/limit.ts'), 'utf8')).toBe(LIMIT);
    },
    LONG_MS,
  );

  it(
    'takes a mutant that does not compile, or with which the tests cannot be loaded, for an error and no kill',
    async () => {
      const { passed, said } = await check([
        mutant({ id: 'F1-type', before: "'limit'", after: '5' }),
        mutant({ id: 'F1-syntax', before: 'LIMIT = 3', after: 'LIMIT = = 3' }),
        mutant({ id: 'F1-load', before: 'LIMIT = 3', after: "LIMIT = Number(JSON.parse('no'))" }),
        mutant({ id: 'F1-broken', killedBy: ['limit › F1: is broken'] }),
      ]);
      expect(said).toContain('ERROR    F1-type');
      expect(said).toContain("does not compile: Type 'number' is not assignable to type 'string'");
      expect(said).toContain('ERROR    F1-syntax');
      expect(said).toContain('test/limit.e2e-spec.ts did not load');
      expect(said).toContain('does not pass without the mutant: F1: is broken');
      expect(said).toContain('0 killed, 0 survived, 4 errors');
      expect(passed).toBe(false);
    },
    LONG_MS,
  );

  it(
    'takes data that does not fit the code, the record or the tests for errors',
    async () => {
      const { passed, said } = await check(
        [
          mutant({ id: 'F1-a', before: 'LIMIT = 5' }),
          mutant({ id: 'F1-b', before: 'LIMIT' }),
          mutant({ id: 'F1-c', after: 'LIMIT = 3' }),
          mutant({ id: 'F1-d', file: 'limits.ts' }),
          mutant({ id: 'F1-e', breaks: 'four fill it' }),
          mutant({ id: 'F1-f', row: 'F3' }),
          mutant({ id: 'F1-g', killedBy: ['limit › F1: four fill it'] }),
          mutant({ id: 'F1-h', killedBy: ['limit › F2: is another'] }),
          mutant({ id: 'F1-i' }),
        ],
        '--dry',
      );
      expect(said.trim().split('\n')).toEqual([
        'ERROR    F1-a: does not apply: libs/core/src/limit.ts has its text nowhere',
        'ERROR    F1-b: does not apply: libs/core/src/limit.ts has its text 2 times',
        'ERROR    F1-c: changes nothing',
        'ERROR    F1-d: there is no file limits.ts',
        'ERROR    F1-e: F1 does not say "four fill it"',
        'ERROR    F1-f: there is no row F3',
        'ERROR    F1-g: test/limit.e2e-spec.ts has no test "F1: four fill it"',
        'ERROR    F1-h: F1 does not name "F2: is another" of test/limit.e2e-spec.ts',
        '1 mutants apply, 1 compile, 8 problems',
      ]);
      expect(passed).toBe(false);
    },
    LONG_MS,
  );

  it(
    'misses a row that has no mutant',
    async () => {
      const { passed, said } = await check([], '--dry');
      expect(said).toContain('ERROR    F1 has no mutant');
      expect(passed).toBe(false);
    },
    LONG_MS,
  );

  it(
    'tries what has changed since the last run, and a tenth of the rest, within its time',
    async () => {
      const mutants = Array.from({ length: 20 }, (_, index) => mutant({ id: `F1-${index}` }));
      const kept = join(root, 'test/mutants/last-run.txt');
      // As a run of all of them would leave it.
      const first = await check(mutants.slice(0, 1), '--write');
      expect(first).toMatchObject({ passed: true });
      const line = readFileSync(kept, 'utf8');
      expect(line).toMatch(
        /^killed {3}F1-0 [0-9a-f]{16}\n\n1 mutants: 1 killed, 0 survived, 0 errors\n$/,
      );
      const unchanged = await check(mutants.slice(0, 1), '--changed');
      expect(unchanged.said).toMatch(/^0 killed, 0 survived, 0 errors$/m);
      const added = await check(mutants.slice(0, 2), '--changed');
      expect(added.said).toContain('[1/1] killed   F1-1');
      const unknown = await check(mutants, '--changed', '--seconds', '0');
      expect(unknown.passed).toBe(false);
      expect(unknown.said).toContain('19 mutants have no verdict');
      const late = await check(mutants, '--untried', '--seconds', '0');
      expect(late.said).toContain('not tried for want of time: F1-1, F1-2');
      expect(late.said).not.toContain('[1/');
      write({ 'libs/core/src/limit.ts': `// changed\n${LIMIT}` });
      const changed = await check(mutants.slice(0, 1), '--changed');
      expect(changed.said).toContain('[1/1] killed   F1-0');
    },
    LONG_MS,
  );
});
