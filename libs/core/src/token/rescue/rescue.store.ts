import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parseObject } from '../../foundation/http/parse-object.js';
import type { RescueRecord } from './rescue.record.js';

const VERSION = 1;
/** A record holds one token set; what is larger is none of ours. */
const LARGEST_BYTES = 16 * 1_048_576;
/** Then a file counts as left behind, whoever owns it. */
const ABANDONED_AFTER_MS = 600_000;
const NAME =
  /^(?<host>.+)\.(?<pid>\d+)\.(?<nonce>[0-9a-f]{8})\.(?<attempt>[0-9a-f-]{32,36})\.json$/;

/**
 * Files in `FLOCK_RESCUE_DIR`, mode 0600, on disk (file and directory) before the call returns. Named
 * after the process that owns them; another takes over the files of a dead one by rename, which only
 * one can win. Two replays of one result are harmless: the statement is conditional.
 */
export class RescueStore {
  constructor(
    private readonly directory: string,
    private readonly nonce: string,
  ) {}

  private get owner(): string {
    return `${hostname()}.${process.pid}.${this.nonce}`;
  }

  /** Does what `write` will do, for nothing. @throws the system's error where it cannot be done */
  probe(): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const file = join(this.directory, `${this.owner}.probe`);
    try {
      // A byte: a full disk still takes an empty file.
      writeFileSync(file, '.', { mode: 0o600 });
      this.syncDirectory();
    } finally {
      rmSync(file, { force: true });
    }
  }

  write(record: RescueRecord): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const text = JSON.stringify({ version: VERSION, ...record });
    const file = this.path(this.owner, record.attemptId);
    try {
      const handle = openSync(`${file}.tmp`, 'w', 0o600);
      try {
        // All of it or an error: a disk that is nearly full takes a part without one.
        writeFileSync(handle, text);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      renameSync(`${file}.tmp`, file);
    } catch (error) {
      rmSync(`${file}.tmp`, { force: true });
      throw error;
    }
    this.syncDirectory();
  }

  remove(attemptId: string): void {
    try {
      unlinkSync(this.path(this.owner, attemptId));
      this.syncDirectory();
    } catch (error) {
      // Adopted and replayed by another process, or never written.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /**
   * Takes over what processes of this host left when they died, and returns it. What is not `wanted`
   * stays where it is, as do `unreadable`: names of files that are no records.
   */
  adopt(wanted: (record: RescueRecord) => boolean = () => true): {
    records: RescueRecord[];
    unwanted: RescueRecord[];
    unreadable: string[];
  } {
    const records: RescueRecord[] = [];
    const unwanted: RescueRecord[] = [];
    const unreadable: string[] = [];
    for (const name of this.list()) {
      const found = NAME.exec(name)?.groups;
      if (found === undefined || name.startsWith(`${this.owner}.`)) continue;
      if (!this.isAbandoned(name, found)) continue;
      const attempt = found.attempt as string;
      const record = this.read(name, attempt);
      if (record === undefined) {
        // Or another process was quicker.
        if (lstatSync(join(this.directory, name), { throwIfNoEntry: false })) unreadable.push(name);
        continue;
      }
      if (!wanted(record)) {
        unwanted.push(record);
        continue;
      }
      try {
        renameSync(join(this.directory, name), this.path(this.owner, attempt));
      } catch {
        // Another process was quicker.
        continue;
      }
      records.push(record);
    }
    return { records, unwanted, unreadable };
  }

  /** Every file there is, whoever owns it. */
  all(): RescueRecord[] {
    return this.list().flatMap((name) => {
      const attempt = NAME.exec(name)?.groups?.attempt;
      const record = attempt === undefined ? undefined : this.read(name, attempt);
      return record === undefined ? [] : [record];
    });
  }

  /** Taking a living owner's file would be harmless, so age settles what cannot be known. */
  private isAbandoned(name: string, found: Record<string, string>): boolean {
    const pid = Number(found.pid);
    // The same process id with another nonce: a container that was restarted.
    if (found.host === hostname() && (pid === process.pid || !isAlive(pid))) return true;
    try {
      return Date.now() - lstatSync(join(this.directory, name)).mtimeMs > ABANDONED_AFTER_MS;
    } catch {
      return false;
    }
  }

  /** A whole record of this very attempt, in a plain file: a pipe would never end, a link may lead anywhere. */
  private read(name: string, attemptId: string): RescueRecord | undefined {
    const file = join(this.directory, name);
    try {
      const found = lstatSync(file);
      if (!found.isFile() || found.size > LARGEST_BYTES) return undefined;
      const { version, ...record } = parseObject(readFileSync(file, 'utf8')) ?? {};
      return version === VERSION && isRecord(record) && record.attemptId === attemptId
        ? record
        : undefined;
    } catch {
      return undefined;
    }
  }

  private list(): string[] {
    try {
      return readdirSync(this.directory);
    } catch {
      return [];
    }
  }

  private path(owner: string, attemptId: string): string {
    return join(this.directory, `${owner}.${attemptId}.json`);
  }

  /** A rename is on disk only when its directory is. */
  private syncDirectory(): void {
    // Windows cannot open a folder for this and has no need to.
    if (process.platform === 'win32') return;
    const handle = openSync(this.directory, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
}

function isRecord(value: object): value is RescueRecord {
  const { kind, attemptId, provider, app, data, ...rest } = value as Partial<RescueRecord>;
  const { connectionId = '', deployment = '', store = '' } = rest;
  const texts: unknown[] = [kind, attemptId, provider, app, connectionId, deployment, store];
  return (
    texts.every((text) => typeof text === 'string') && typeof data === 'object' && data !== null
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
