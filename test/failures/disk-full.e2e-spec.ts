import { FlockHealthIndicator, TokenService } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sqliteDatabase } from '../support/databases.js';
import { NoisyLogger } from '../support/noisy-logger.js';
import { failureOf, until } from '../support/poll.js';
import { hasSmallDisks, smallDisk } from '../support/small-disk.js';
import type { SmallDisk } from '../support/small-disk.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';

// In CI a machine where nothing can be mounted fails here.
const describeOnDisks = process.env.CI === 'true' || hasSmallDisks() ? describe : describe.skip;

describeOnDisks('the disk is full', () => {
  let databaseDisk: SmallDisk;
  let rescueDisk: SmallDisk;
  let logger: NoisyLogger;
  let suite: Suite;
  let connection: Connection;

  beforeEach(async () => {
    databaseDisk = smallDisk(4);
    rescueDisk = smallDisk(1);
    logger = new NoisyLogger();
    suite = await startSuite(() => sqliteDatabase({ parent: databaseDisk.path }), {
      logger,
      flock: {
        background: false,
        rescueDir: join(rescueDisk.path, 'rescue'),
        renewal: { storeBudgetMs: 300 },
      },
    });
    suite.sandbox.flint.settings.grace = { kind: 'none' };
    connection = await suite.connect();
  });
  afterEach(async () => {
    databaseDisk.makeRoom();
    await suite.stop();
    databaseDisk.remove();
    rescueDisk.remove();
  });

  const rescueFiles = () => {
    const folder = join(rescueDisk.path, 'rescue');
    return existsSync(folder) ? readdirSync(folder) : [];
  };
  const health = async () => (await suite.host.app.get(FlockHealthIndicator).isHealthy()).flock;
  /** Fills disks between the provider's work and its answer. Resolves with the end of the caller. */
  const fillBeforeTheAnswer = async (...disks: SmallDisk[]) => {
    const token = await suite.tokens.getAccessToken(connection.id);
    const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    const caller = failureOf(suite.tokens.getAccessToken(connection.id, { rejected: token }));
    await held.reached;
    for (const disk of disks) disk.fill();
    held.release();
    const { code } = await caller;
    // Never handed out before it is stored; the valid one is served on.
    expect(code).toBe('provider_unavailable');
    expect(await suite.tokens.getAccessToken(connection.id)).toBe(token);
    return token;
  };
  const expectStored = async (before: string) => {
    await until(async () => Number((await suite.row(connection.id)).token_version) === 2);
    await until(async () => (await health())?.status === 'up');
    const token = await suite.tokens.getAccessToken(connection.id);
    expect(token).not.toBe(before);
    const { status } = await fetch(`${suite.sandbox.flint.url}/v1/orders`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(status).toBe(200);
    expect(refreshCalls(suite)).toHaveLength(1);
    expect(rescueFiles()).toEqual([]);
  };

  it('F27: under the database before the claim: nothing is spent, and all goes on when there is room', async () => {
    const token = await suite.tokens.getAccessToken(connection.id);
    databaseDisk.fill();
    const error = await failureOf(suite.tokens.getAccessToken(connection.id, { rejected: token }));
    expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
    expect(await suite.tokens.getAccessToken(connection.id)).toBe(token);
    expect(refreshCalls(suite)).toEqual([]);
    databaseDisk.makeRoom();
    await until(() =>
      suite.tokens.getAccessToken(connection.id, { rejected: token }).catch(() => undefined),
    );
    await expectStored(token);
  });

  it('F4: under the database between claim and answer: the rescue file on another disk is replayed', async () => {
    const before = await fillBeforeTheAnswer(databaseDisk);
    expect(rescueFiles()).toHaveLength(1);
    expect(await health()).toMatchObject({ status: 'down', store: true, rescued: 1 });
    await until(() => logger.lines.some((line) => line.includes('SQLITE_FULL')));
    databaseDisk.makeRoom();
    await expectStored(before);
  });

  it('F4: under both: the result lives in the process, health and log say so, and it is stored when there is room', async () => {
    const before = await fillBeforeTheAnswer(databaseDisk, rescueDisk);
    // Not even a part of a file.
    expect(rescueFiles()).toEqual([]);
    expect(await health()).toMatchObject({ status: 'down', rescued: 1 });
    expect(logger.lines.join('\n')).toMatch(/both refuse .*ENOSPC.*Do not stop it/);
    for (const secret of suite.sandbox.flint.secretsSeen())
      expect(logger.lines.join('\n')).not.toContain(secret);
    databaseDisk.makeRoom();
    await expectStored(before);
  });

  it('F4: under both: as soon as the rescue folder has room, the result is on disk', async () => {
    const before = await fillBeforeTheAnswer(databaseDisk, rescueDisk);
    rescueDisk.makeRoom();
    await until(() => rescueFiles().length === 1);
    expect(await health()).toMatchObject({ status: 'down', rescued: 1 });
    databaseDisk.makeRoom();
    await expectStored(before);
  });

  it('F4: under the rescue file at a start: the instance says so, and serves', async () => {
    rescueDisk.fill();
    const other = await suite.another({
      logger,
      flock: { background: false, rescueDir: join(rescueDisk.path, 'rescue') },
    });
    expect(logger.lines.join('\n')).toMatch(/FLOCK_RESCUE_DIR cannot be written now \(ENOSPC\)/);
    expect(await other.app.get(TokenService).getAccessToken(connection.id)).toBe(
      await suite.tokens.getAccessToken(connection.id),
    );
    expect(rescueFiles()).toEqual([]);
  });
});
