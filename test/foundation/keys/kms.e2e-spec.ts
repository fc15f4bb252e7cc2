import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { FlockHealthIndicator, TokenService } from '@nest-flock/core';
import { holdMonotonicClock } from '../../support/clock.js';
import { sqliteDatabase } from '../../support/databases.js';
import { startKms } from '../../support/kms.js';
import type { Kms, KmsBehaviour } from '../../support/kms.js';
import { KmsKeys } from '../../support/kms-keys.mjs';
import { NoisyLogger } from '../../support/noisy-logger.js';
import { OrdersController } from '../../support/orders.controller.js';
import { failureOf, until } from '../../support/poll.js';
import { startSuite } from '../../support/suite.js';
import type { Suite } from '../../support/suite.js';

const newKey = (id: string) => ({ id, key: randomBytes(32) });

describe('keys of a KMS in another process', () => {
  let kms: Kms;
  let suite: Suite;
  let logger: NoisyLogger;
  let wrapped: string;
  const [first, second, third] = [newKey('first'), newKey('second'), newKey('third')];

  beforeEach(async () => {
    kms = await startKms();
    logger = new NoisyLogger();
    const database = await sqliteDatabase();
    wrapped = join(database.directory, 'wrapped-keys.json');
    await kms.publish(wrapped, [first]);
    suite = await startSuite(() => Promise.resolve(database), { logger, flock: withKms() });
  });
  afterEach(async () => {
    await suite.stop();
    await kms.stop();
  });

  const withKms = (settings: { everySeconds?: number; timeoutSeconds?: number } = {}) => ({
    keyProvider: new KmsKeys({ file: wrapped, url: kms.url, everySeconds: 0.05, ...settings }),
  });
  const keyOf = async (id: string) => {
    const sealed = (await suite.row(id)).token_set as Buffer;
    return sealed.toString('utf8', 2, 2 + (sealed[1] as number));
  };

  it('P21: a new key reaches a running process without a restart, and seals once it comes first', async () => {
    const connection = await suite.connect();
    expect(await keyOf(connection.id)).toBe('first');
    await kms.publish(wrapped, [second, first]);
    await until(async () => {
      await suite.renew(connection.id);
      return (await keyOf(connection.id)) === 'second';
    });
    // What the first key sealed opens still.
    const other = await suite.another({ flock: withKms() });
    expect(await other.app.get(TokenService).getAccessToken(connection.id)).toBeTruthy();
  });

  it('P21: asks at once, and seldom, when a value names a key that it does not have', async () => {
    const connection = await suite.connect();
    const slow = await suite.another({
      flock: withKms({ everySeconds: 3_600 }),
      controllers: [OrdersController],
    });
    const tokens = slow.app.get(TokenService);
    await kms.publish(wrapped, [third, first]);
    await until(async () => {
      await suite.renew(connection.id);
      return (await keyOf(connection.id)) === 'third';
    });
    // The very first call opens it.
    expect(await tokens.getAccessToken(connection.id)).toBeTruthy();
    // What it remembers may be dropped at any time; asked for again, it is back.
    await until(async () => {
      await suite.tokens.getAccessToken(connection.id);
      return suite.tokens.peek(connection.id) !== undefined;
    });

    // Nothing but cookies of strangers: the KMS is asked once in ten seconds, not for each.
    await suite.host.app.close();
    const forged = Buffer.concat([Buffer.from([1, 5]), Buffer.from('ghost'), randomBytes(60)]);
    const showIt = async (times: number) => {
      for (let call = 0; call < times; call += 1) {
        await slow.browser().open('/orders', {
          headers: { cookie: `flock_session=${forged.toString('base64url')}` },
        });
      }
    };
    const clock = holdMonotonicClock();
    try {
      await clock.advance(10_000);
      const before = await kms.asked();
      const keys = 2;
      await showIt(1);
      await until(async () => (await kms.asked()) - before === keys);
      await showIt(20);
      await clock.advance(9_999);
      await showIt(1);
      expect((await kms.asked()) - before).toBe(keys);
      await clock.advance(1);
      await showIt(1);
      await until(async () => (await kms.asked()) - before === 2 * keys);

      // No more often while it fails.
      await kms.behave('down');
      await clock.advance(10_000);
      const failed = await kms.asked();
      await showIt(1);
      await until(async () => (await kms.asked()) - failed === keys);
      await until(() => logger.lines.some((line) => line.includes('keys from before')));
      await showIt(20);
      expect((await kms.asked()) - failed).toBe(keys);
    } finally {
      clock.release();
    }
  });

  it.each<KmsBehaviour>(['down', 'short', 'wrong'])(
    'P21: a KMS that is later %s leaves the keys as they are, says so once, and is asked again',
    async (behaviour) => {
      const connection = await suite.connect();
      await kms.behave(behaviour);
      await until(() =>
        logger.lines.some((line) => line.includes('The keys from before are kept')),
      );
      const asked = await kms.asked();
      await until(async () => (await kms.asked()) > asked + 2);
      await suite.renew(connection.id);
      expect(await keyOf(connection.id)).toBe('first');
      expect((await suite.host.app.get(FlockHealthIndicator).isHealthy()).flock?.status).toBe('up');
      expect(logger.lines.filter((line) => line.includes('key provider'))).toHaveLength(1);
      expect(logger.lines.join('\n')).not.toContain(first.key.toString('base64'));
      await kms.behave('right');
      await kms.publish(wrapped, [second, first]);
      await until(async () => {
        await suite.renew(connection.id);
        return (await keyOf(connection.id)) === 'second';
      });
    },
  );

  it.each<[string, KmsBehaviour, string[], string]>([
    ['is down', 'down', ['first'], 'failed to give its keys'],
    ['answers too late', 'slow', ['first'], 'gave no keys within 0.2 s'],
    ['gives keys of a wrong length', 'short', ['first'], 'gave keys that cannot be used'],
    ['gives one id twice', 'right', ['first', 'first'], 'gave keys that cannot be used'],
    ['gives none', 'right', [], 'gave keys that cannot be used'],
  ])(
    'P21: the start stops with a sentence when it %s',
    async (_title, behaviour, ids, sentence) => {
      await kms.publish(wrapped, ids.map(newKey));
      await kms.behave(behaviour);
      const timeoutSeconds = behaviour === 'slow' ? 0.2 : 20;
      const starting = suite.another({ flock: withKms({ timeoutSeconds }) });
      expect(String((await failureOf(starting)).message)).toContain(`The key provider ${sentence}`);
    },
  );
});
