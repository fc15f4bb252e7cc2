import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = __dirname;
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
  .map((path) => ({
    path: relative(root, join(root, path)),
    text: readFileSync(join(root, path), 'utf8'),
  }));

const wingOf = (path: string): string => path.split('/')[0] ?? '';
const withText = (pattern: RegExp) =>
  files.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

describe('the wings keep to their own', () => {
  it('only connection, token, lifecycle and install write connections', () => {
    const writing = withText(
      /(?:UPDATE|INSERT INTO|DELETE FROM) flock_connection\b|table: 'flock_connection'/,
    );
    const foreign = writing.filter(
      (path) => !['connection', 'token', 'lifecycle', 'install'].includes(wingOf(path)),
    );
    // A sealed value is sealed anew under another key, whatever row it is in.
    expect(foreign).toEqual(['foundation/sealing/sealed-tables.ts']);
  });

  it('only nest reads the environment, but for whether this is production', () => {
    const reading = files.filter(({ text }) =>
      [...text.matchAll(/process\.env(\.\w+)?/g)].some(([, name]) => name !== '.NODE_ENV'),
    );
    expect(
      reading.map(({ path }) => wingOf(path)).filter((wing) => !['nest', 'testing'].includes(wing)),
    ).toEqual([]);
  });

  it('provider does no I/O', () => {
    const io =
      /from '(?:node:(?:fs|http|https|dns|child_process)|undici|typeorm|axios)|foundation\/database\//;
    expect(withText(io).filter((path) => wingOf(path) === 'provider')).toEqual([]);
  });

  it('the claim and the columns it clears are written in one place each', () => {
    expect(withText(/claim_version = token_version\b(?!.*AND)/)).toEqual([
      'token/renewal/claim.statements.ts',
    ]);
    expect(withText(/claim_owner = NULL/)).toEqual(['connection/connection.statements.ts']);
  });
});
