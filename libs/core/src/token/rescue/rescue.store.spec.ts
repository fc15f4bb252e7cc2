import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { RescueRecord } from './rescue.record.js';
import { RescueStore } from './rescue.store.js';

const recordOf = (attemptId: string): RescueRecord => ({
  kind: 'tokens',
  attemptId,
  provider: 'flint',
  app: 'flint',
  data: { token_set: 'sealed' },
});

describe('the rescue folder', () => {
  let folder: string;
  let store: RescueStore;
  /** As a process of this host left it that had this one's id. */
  const dead = () => new RescueStore(folder, 'dddddddd');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'flock-rescue-'));
    store = new RescueStore(folder, 'aaaaaaaa');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is empty when it is not there, and removing what is not there is no error', () => {
    const none = new RescueStore(join(folder, 'none'), 'aaaaaaaa');
    expect(none.adopt()).toEqual({ records: [], unwanted: [], unreadable: [] });
    expect(none.all()).toEqual([]);
    expect(() => none.remove(randomUUID())).not.toThrow();
  });

  it('gives over what a dead process left, once; what is its own, or no record by its name, stays', () => {
    const [left, own] = [randomUUID(), randomUUID()];
    dead().write(recordOf(left));
    store.write(recordOf(own));
    writeFileSync(join(folder, 'notes.txt'), 'none of ours');
    expect(store.adopt()).toEqual({ records: [recordOf(left)], unwanted: [], unreadable: [] });
    expect(store.adopt().records).toEqual([]);
    for (const attempt of [left, own]) store.remove(attempt);
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });

  it('keeps what is not wanted where it is', () => {
    const left = randomUUID();
    dead().write(recordOf(left));
    const before = readdirSync(folder);
    expect(store.adopt(() => false)).toMatchObject({ records: [], unwanted: [recordOf(left)] });
    expect(readdirSync(folder)).toEqual(before);
  });

  it('keeps what may be of a living process, until it is old', () => {
    const left = randomUUID();
    const name = `elsewhere.1.bbbbbbbb.${left}.json`;
    writeFileSync(join(folder, name), JSON.stringify({ version: 1, ...recordOf(left) }));
    expect(store.adopt()).toEqual({ records: [], unwanted: [], unreadable: [] });
    utimesSync(join(folder, name), 0, 0);
    expect(store.adopt().records).toEqual([recordOf(left)]);
  });

  it.each([
    ['no JSON', () => '{'],
    ['of another version', (id: string) => JSON.stringify({ version: 2, ...recordOf(id) })],
    ['of another attempt', () => JSON.stringify({ version: 1, ...recordOf(randomUUID()) })],
    ['without its data', (id: string) => JSON.stringify({ version: 1, attemptId: id })],
    ['a list', () => '[]'],
  ])('tells of a file that is %s, and leaves it', (_what, textOf) => {
    const left = randomUUID();
    const name = `${hostname()}.${process.pid}.bbbbbbbb.${left}.json`;
    writeFileSync(join(folder, name), textOf(left));
    expect(store.adopt()).toEqual({ records: [], unwanted: [], unreadable: [name] });
    expect(existsSync(join(folder, name))).toBe(true);
  });

  it('tells of what is no file at all', () => {
    const name = `${hostname()}.${process.pid}.bbbbbbbb.${randomUUID()}.json`;
    mkdirSync(join(folder, name));
    expect(store.adopt().unreadable).toEqual([name]);
  });

  it('is not asked to remove what it cannot without a word', () => {
    const attempt = randomUUID();
    mkdirSync(join(folder, `${hostname()}.${process.pid}.aaaaaaaa.${attempt}.json`));
    expect(() => store.remove(attempt)).toThrow();
  });
});
