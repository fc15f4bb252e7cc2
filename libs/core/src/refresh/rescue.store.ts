import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { RescueRecord } from './rescue.record.js';

const VERSION = 1;
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

  write(record: RescueRecord): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const text = JSON.stringify({ version: VERSION, ...record });
    const file = this.path(this.owner, record.attemptId);
    const handle = openSync(`${file}.tmp`, 'w', 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(`${file}.tmp`, file);
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

  /** Takes over what processes of this host left when they died, and returns it. */
  adopt(): RescueRecord[] {
    const adopted: RescueRecord[] = [];
    for (const name of this.list()) {
      const found = NAME.exec(name)?.groups;
      if (found === undefined || name.startsWith(`${this.owner}.`)) continue;
      if (!this.isAbandoned(name, found)) continue;
      const attempt = found.attempt as string;
      try {
        renameSync(join(this.directory, name), this.path(this.owner, attempt));
      } catch {
        continue;
      }
      const result = this.read(attempt);
      if (result !== undefined) adopted.push(result);
    }
    return adopted;
  }

  /** Taking a living owner's file would be harmless, so age settles what cannot be known. */
  private isAbandoned(name: string, found: Record<string, string>): boolean {
    const pid = Number(found.pid);
    // The same process id with another nonce: a container that was restarted.
    if (found.host === hostname() && (pid === process.pid || !isAlive(pid))) return true;
    try {
      return Date.now() - statSync(join(this.directory, name)).mtimeMs > ABANDONED_AFTER_MS;
    } catch {
      return false;
    }
  }

  private read(attemptId: string): RescueRecord | undefined {
    try {
      const text = readFileSync(this.path(this.owner, attemptId), 'utf8');
      const { version, ...record } = JSON.parse(text) as RescueRecord & { version: number };
      return version === VERSION ? record : undefined;
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
