import { readFlockOptions } from './flock.options.js';
import type { FlockOptions } from './flock.options.js';

describe('options that are given in code', () => {
  const problemsOf = (options: object) =>
    readFlockOptions(options as FlockOptions, {}).problems.map(({ variable }) => variable);

  it.each([
    ['FLOCK_DATABASE_URL', { databaseUrl: 7 }],
    ['FLOCK_DATABASE_URL', { databaseUrl: 'mysqlx://a' }],
    ['FLOCK_ENCRYPTION_KEYS', { encryptionKeys: 'a:short' }],
    ['FLOCK_ENCRYPTION_KEYS', { encryptionKeys: ['a'] }],
    ['FLOCK_DEPLOYMENT_ID', { deploymentId: 7 }],
    ['FLOCK_DEPLOYMENT_ID', { deploymentId: 'a b' }],
  ])('are read as strictly as the environment: %s in %j', (name, options) => {
    expect(problemsOf(options)).toEqual([name]);
  });

  it('are taken where they are right', () => {
    const key = `k1:${'AQ'.repeat(20)}AQI=`;
    const given = { databaseUrl: 'sqlite:/tmp/any.sqlite', deploymentId: 'production' };
    expect(problemsOf(given)).toEqual([]);
    const { options } = readFlockOptions({ ...given, encryptionKeys: key }, {});
    expect(options).toMatchObject(given);
    expect(options.encryptionKeys).toHaveLength(1);
  });
});
