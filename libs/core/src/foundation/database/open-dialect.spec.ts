import { isDatabaseUrl } from './open-dialect.js';

describe('URLs of databases', () => {
  it('takes those that the drivers take', () => {
    const urls = [
      'sqlite:.flock/flock.sqlite',
      'postgres://flock@127.0.0.1/flock',
      'postgresql://flock:pa%23ss@db.internal:5432/flock?sslmode=require',
      'postgres://flock:secret@/flock?host=/var/run/postgresql',
      'postgres:///flock?host=/var/run/postgresql',
      'mariadb://flock:secret@127.0.0.1:3306/flock',
      'mysql://flock@db/flock?ssl=true',
    ];
    expect(urls.filter((url) => !isDatabaseUrl(url))).toEqual([]);
  });

  it('refuses what a driver would quote in its error', () => {
    const urls = [
      'postgres://flock:pa#ss@db/flock',
      'mariadb://flock:pa#ss@db/flock',
      'mariadb://flock:secret@/flock',
      'mariadb://db',
      'sqlite::memory:',
      'mongodb://db/flock',
    ];
    expect(urls.filter(isDatabaseUrl)).toEqual([]);
  });
});
