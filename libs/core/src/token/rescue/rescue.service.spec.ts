import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RescueOutcome, RescueRecord } from './rescue.record.js';
import { RescueService } from './rescue.service.js';
import { RescueStore } from './rescue.store.js';

describe('what a dead process left in the rescue folder', () => {
  let folder: string;
  let said: string[];
  const deployment = { own: 'production' as string | undefined, storeId: 's1', isOurs: true };
  const notes: unknown[] = [];
  const outcomes: RescueOutcome[] = [];

  const service = () => {
    const rescue = new RescueService(
      {} as never,
      { drop: () => undefined } as never,
      { note: (event: unknown) => notes.push(event) } as never,
      deployment as never,
    );
    rescue.use(folder, 'aaaaaaaa');
    rescue.handle('tokens', () => Promise.resolve(outcomes.shift() ?? 'stored'));
    return rescue;
  };
  const leave = (of: Partial<RescueRecord>): string => {
    const attemptId = randomUUID();
    new RescueStore(folder, 'dddddddd').write({
      kind: 'tokens',
      attemptId,
      provider: 'flint',
      app: 'flint',
      connectionId: 'c1',
      data: {},
      ...of,
    });
    return attemptId;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'flock-rescue-'));
    said = [];
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    for (const level of ['warn', 'error'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation((...text: unknown[]) => {
        said.push(String(text[0]));
      });
    }
    deployment.isOurs = true;
    deployment.own = 'production';
    notes.length = 0;
    outcomes.length = 0;
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    [{ deployment: 'staging', store: 's1' }, 'deployment "staging"'],
    [{ deployment: '', store: 's1' }, 'no deployment id'],
    [{ deployment: 'production', store: 's2' }, 'or of another store'],
  ])('is left to whom it belongs, with one word: %j', async (of, words) => {
    const attempt = leave(of);
    const rescue = service();
    await rescue.recover();
    await rescue.recover();
    expect(said).toEqual([expect.stringContaining(words)]);
    expect(notes).toEqual([]);
    expect(rescue.size).toBe(0);
    expect(readdirSync(folder)).toEqual([expect.stringContaining(attempt)]);
  });

  it('is told of once where it is not a whole record', async () => {
    const name = `${hostname()}.${process.pid}.dddddddd.${randomUUID()}.json`;
    writeFileSync(join(folder, name), '{"version":1');
    const rescue = service();
    await rescue.recover();
    await rescue.recover();
    expect(said).toEqual([
      expect.stringContaining(`${JSON.stringify(name)} is not a whole record`),
    ]);
    expect(readdirSync(folder)).toEqual([name]);
  });

  it('is kept while the store is older than it, and stored when the store wants it', async () => {
    leave({ deployment: 'production', store: 's1' });
    outcomes.push('ahead', 'ahead');
    const rescue = service();
    await rescue.recover();
    expect([rescue.size, rescue.aheadCount]).toEqual([0, 1]);
    expect(said).toEqual([expect.stringContaining('was a backup restored?')]);
    expect(readdirSync(folder)).toHaveLength(1);
    await rescue.recover();
    expect(rescue.aheadCount).toBe(0);
    expect(notes).toEqual([expect.objectContaining({ action: 'rescue', outcome: 'stored' })]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not touched in a store that belongs to another deployment, and stored when it is ours again', async () => {
    const rescue = service();
    deployment.isOurs = false;
    leave({ deployment: 'production', store: 's1' });
    await rescue.recover();
    // And what this process itself could not store when it was still ours.
    const own = { provider: 'flint', app: 'flint', connectionId: 'c2', data: {} };
    await rescue.keep({ kind: 'tokens', attemptId: randomUUID(), ...own }, 0);
    await rescue.replay();
    expect(notes).toEqual([]);
    expect(rescue.has('c2')).toBe(true);
    expect(readdirSync(folder)).toHaveLength(2);
    deployment.isOurs = true;
    await rescue.recover();
    expect(notes).toHaveLength(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is said to stay behind where its file cannot be removed after it was stored', async () => {
    const attempt = leave({ deployment: 'production', store: 's1' });
    const rescue = service();
    rescue.handle('tokens', () => {
      const file = join(folder, `${hostname()}.${process.pid}.aaaaaaaa.${attempt}.json`);
      rmSync(file);
      mkdirSync(file);
      return Promise.resolve('stored');
    });
    await rescue.recover();
    expect(said).toEqual([expect.stringContaining('cannot be removed')]);
    expect(rescue.size).toBe(0);
  });
});
