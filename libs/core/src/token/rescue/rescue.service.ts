import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import { AuditService } from '../../foundation/audit/audit.service.js';
import { Database } from '../../foundation/database/database.js';
import { driverErrorCode } from '../../foundation/database/sql-text.js';
import { Deployment } from '../../foundation/deployment/deployment.js';
import { FlockError } from '../../foundation/errors/flock.error.js';
import { ConnectionCache } from '../../connection/connection.cache.js';
import { keyIdOf } from '../../foundation/sealing/key-id-of.js';
import { publishStep } from '../../foundation/telemetry/renewal-steps.js';
import type { RescueOutcome, RescueRecord, RescueReplayer } from './rescue.record.js';
import { RescueStore } from './rescue.store.js';

/** Of a disk that has no room, or is ill. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM']);

/** Holds results that the store refused and stores them as soon as it is back. */
@Injectable()
export class RescueService {
  private readonly logger = new Logger('NestFlock');
  /** By attempt. */
  private readonly pending = new Map<string, RescueRecord>();
  private readonly replayers = new Map<RescueRecord['kind'], RescueReplayer>();
  /** By attempt: what a store that is older than it cannot take. Kept, and tried now and then. */
  private readonly ahead = new Map<string, RescueRecord>();
  private readonly stuck = new Set<string>();
  /** Pending, and not on disk either. */
  private readonly unwritten = new Set<string>();
  private store: RescueStore | undefined;
  private replaying: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly cache: ConnectionCache,
    private readonly audit: AuditService,
    private readonly deployment: Deployment,
  ) {}

  use(directory: string, nonce: string): void {
    this.store = new RescueStore(directory, nonce);
  }

  /**
   * A folder that cannot be written would be noticed only when it holds the one copy of a token.
   * What may pass by itself, such as a full disk, does not keep an instance from starting.
   * @throws FlockError `configuration_invalid`
   */
  assertWritable(): void {
    try {
      this.store?.probe();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'error';
      const advice =
        'results that the store refuses are kept there: expected a folder on a durable disk that this process may write';
      if (PASSING.has(code)) {
        this.logger.error(`FLOCK_RESCUE_DIR cannot be written now (${code}); ${advice}.`);
        return;
      }
      throw new FlockError(
        'configuration_invalid',
        `FLOCK_RESCUE_DIR: it cannot be written (${code}); ${advice}. Without it, the folder \`rescue\` in FLOCK_DATA_DIR.`,
      );
    }
  }

  /** Says how records of a kind are stored. */
  handle(kind: RescueRecord['kind'], replayer: RescueReplayer): void {
    this.replayers.set(kind, replayer);
  }

  /** How many files of the folder name which key; those of other folders are not seen from here. */
  keysInFiles(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { data } of this.store?.all() ?? []) {
      // Of a renewal, or of an install.
      const sealed = data.token_set ?? data.sealed;
      const id = typeof sealed === 'string' ? keyIdOf(Buffer.from(sealed, 'base64')) : undefined;
      counts.set(id ?? '', (counts.get(id ?? '') ?? 0) + 1);
    }
    return counts;
  }

  /** Every file of the folder; `here`: it is of this deployment and this store. */
  files(): (RescueRecord & { here: boolean })[] {
    return (this.store?.all() ?? []).map((record) => ({ ...record, here: this.isOfHere(record) }));
  }

  get size(): number {
    return this.pending.size;
  }

  /** Results that a store which is older than they are cannot take. */
  get aheadCount(): number {
    return this.ahead.size;
  }

  /** A result of this connection is waiting: nothing may be spent before it is stored. */
  has(connectionId: string): boolean {
    if (this.pending.size === 0) return false;
    return [...this.pending.values()].some((record) => record.connectionId === connectionId);
  }

  /**
   * Puts a result on disk, then tries to store it for `budgetMs`; resolves with whether that worked.
   * If even the disk refuses, the result stays in memory and is tried all the same.
   */
  async keep(result: RescueRecord, budgetMs: number): Promise<boolean> {
    const { own: deployment = '', storeId: store } = this.deployment;
    const record = { ...result, deployment, store };
    this.pending.set(record.attemptId, record);
    const subject = record.connectionId ?? record.attemptId;
    publishStep('rescuing', subject, record.attemptId);
    this.unwritten.add(record.attemptId);
    const refusal = this.write(record);
    if (refusal !== undefined) {
      this.logger.error(
        `The store and FLOCK_RESCUE_DIR both refuse the new tokens of ${subject} (${refusal}): they ` +
          'live in this process only. Do not stop it; make room, or bring the store back, and they are kept.',
      );
    }
    publishStep('rescued', subject, record.attemptId);
    const giveUp = performance.now() + budgetMs;
    for (let pause = 50; performance.now() < giveUp; pause = Math.min(500, pause * 2)) {
      await wait(pause);
      await this.replay();
      if (!this.pending.has(record.attemptId)) return true;
    }
    return false;
  }

  /**
   * Looks for files that dead processes of this deployment left, then stores everything that is
   * pending. Nothing in a store that is not ours.
   */
  async recover(): Promise<void> {
    if (this.store === undefined || !this.deployment.isOurs) return;
    const { records, unwanted, unreadable } = this.store.adopt((record) => this.isOfHere(record));
    for (const record of records) this.pending.set(record.attemptId, record);
    for (const record of unwanted) this.leave(record);
    for (const name of unreadable) this.complainOfFile(name);
    await this.replay();
    await this.replayAll(this.ahead);
  }

  /** One pass over what is pending; what still fails stays. */
  replay(): Promise<void> {
    this.replaying ??= this.replayAll(this.pending).finally(() => (this.replaying = undefined));
    return this.replaying;
  }

  /** Puts a result on disk. Answers why that failed, if it did. */
  private write(record: RescueRecord): string | undefined {
    try {
      this.store?.write(record);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'error';
    }
    this.unwritten.delete(record.attemptId);
    this.logger.warn(
      `The store refused the new tokens of ${record.connectionId ?? record.attemptId}; they are kept ` +
        'in a rescue file until it is back.',
    );
    return undefined;
  }

  private storeAnswers(): Promise<boolean> {
    return this.database.read('SELECT 1 AS ok').then(
      () => true,
      () => false,
    );
  }

  private complain({ attemptId, kind }: RescueRecord, error: unknown): void {
    if (this.stuck.has(attemptId)) return;
    this.stuck.add(attemptId);
    const code = driverErrorCode(error);
    this.logger.error(
      `The rescued result ${attemptId} (${kind}) cannot be stored although the store answers. It is kept; ` +
        (code === undefined
          ? 'the usual cause is an encryption key that is no longer in FLOCK_ENCRYPTION_KEYS.'
          : `the database refuses it (${code}): is its disk full, or is it read-only?`),
    );
  }

  /** A file that stays is replayed once more by the next process, and then found obsolete. */
  private remove(attemptId: string): void {
    try {
      this.store?.remove(attemptId);
    } catch (error) {
      this.logger.error(
        `The rescue file of ${attemptId} cannot be removed (${(error as NodeJS.ErrnoException).code ?? 'error'}), though its tokens are stored.`,
      );
    }
  }

  private complainOfFile(name: string): void {
    if (this.stuck.has(name)) return;
    this.stuck.add(name);
    this.logger.error(
      `The rescue file ${JSON.stringify(name)} is not a whole record and is left where it is. If it was cut off, its tokens are lost: the merchant has to connect again.`,
    );
  }

  /** A copy of the store has the same id, and another deployment; records without either are of here. */
  private isOfHere({ deployment, store }: RescueRecord): boolean {
    const { own = '', storeId } = this.deployment;
    return (deployment ?? own) === own && (store ?? storeId) === storeId;
  }

  private leave({ attemptId, deployment = '' }: RescueRecord): void {
    if (this.stuck.has(attemptId)) return;
    this.stuck.add(attemptId);
    this.logger.warn(
      `The rescue file of ${attemptId} is of ${deployment === '' ? 'no deployment id' : `deployment "${deployment}"`} or of another store, and is left to it.`,
    );
  }

  private setAside(record: RescueRecord): void {
    const { attemptId, connectionId } = record;
    this.pending.delete(attemptId);
    if (this.ahead.has(attemptId)) return;
    this.ahead.set(attemptId, record);
    this.logger.error(
      `The rescued tokens of ${connectionId ?? attemptId} are newer than what the store has of that connection: ` +
        'was a backup restored? They are kept in their file, and stored if the store ever wants them.',
    );
  }

  private async replayAll(records: ReadonlyMap<string, RescueRecord>): Promise<void> {
    for (const [attemptId, record] of records) {
      if (this.unwritten.has(attemptId)) this.write(record);
      if (!this.deployment.isOurs) continue;
      let outcome: RescueOutcome | undefined;
      try {
        outcome = await this.replayers.get(record.kind)?.(record);
      } catch (error) {
        // One record that cannot be stored does not hold up the others; a lost store does.
        if (!(await this.storeAnswers())) return;
        this.complain(record, error);
      }
      if (outcome === undefined) continue;
      if (outcome === 'ahead') {
        this.setAside(record);
        continue;
      }
      await this.audit.note({
        actor: 'scheduler',
        action: 'rescue',
        outcome,
        provider: record.provider,
        app: record.app,
        ...(record.connectionId !== undefined && { connectionId: record.connectionId }),
        attemptId,
      });
      this.pending.delete(attemptId);
      this.ahead.delete(attemptId);
      this.unwritten.delete(attemptId);
      this.stuck.delete(attemptId);
      if (record.connectionId !== undefined) this.cache.drop(record.connectionId);
      this.remove(attemptId);
      this.logger.log(`Rescued tokens (${record.connectionId ?? attemptId}): ${outcome}.`);
    }
  }
}
