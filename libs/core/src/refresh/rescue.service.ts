import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import { AuditService } from '../audit/audit.service.js';
import { Database } from '../database/database.js';
import { ConnectionCache } from '../connections/connection.cache.js';
import { publishStep } from '../telemetry/refresh-steps.js';
import type { RescueRecord, RescueReplayer } from './rescue.record.js';
import { RescueStore } from './rescue.store.js';

/** Holds results that the store refused and stores them as soon as it is back. */
@Injectable()
export class RescueService {
  private readonly logger = new Logger('NestFlock');
  /** By attempt. */
  private readonly pending = new Map<string, RescueRecord>();
  private readonly replayers = new Map<RescueRecord['kind'], RescueReplayer>();
  private readonly stuck = new Set<string>();
  private store: RescueStore | undefined;
  private replaying: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly cache: ConnectionCache,
    private readonly audit: AuditService,
  ) {}

  use(directory: string, nonce: string): void {
    this.store = new RescueStore(directory, nonce);
  }

  /** Says how records of a kind are stored. */
  handle(kind: RescueRecord['kind'], replayer: RescueReplayer): void {
    this.replayers.set(kind, replayer);
  }

  get size(): number {
    return this.pending.size;
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
  async keep(record: RescueRecord, budgetMs: number): Promise<boolean> {
    this.pending.set(record.attemptId, record);
    const subject = record.connectionId ?? record.attemptId;
    publishStep('rescuing', subject, record.attemptId);
    try {
      this.store?.write(record);
      this.logger.warn(
        `The store refused the new tokens of ${subject}; they are kept in a rescue file until it is back.`,
      );
    } catch (error) {
      this.logger.error(
        `The store and FLOCK_RESCUE_DIR both refuse the new tokens of ${subject} ` +
          `(${(error as NodeJS.ErrnoException).code ?? 'error'}): they live in this process only. Do not stop it.`,
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

  /** Looks for files of dead processes, then stores everything that is pending. */
  async recover(): Promise<void> {
    for (const record of this.store?.adopt() ?? []) this.pending.set(record.attemptId, record);
    await this.replay();
  }

  /** One pass over what is pending; what still fails stays. */
  replay(): Promise<void> {
    this.replaying ??= this.replayAll().finally(() => (this.replaying = undefined));
    return this.replaying;
  }

  private storeAnswers(): Promise<boolean> {
    return this.database.read('SELECT 1 AS ok').then(
      () => true,
      () => false,
    );
  }

  private complain({ attemptId, kind }: RescueRecord): void {
    if (this.stuck.has(attemptId)) return;
    this.stuck.add(attemptId);
    this.logger.error(
      `The rescued result ${attemptId} (${kind}) cannot be stored although the store answers. It is kept; ` +
        'the usual cause is an encryption key that is no longer in FLOCK_ENCRYPTION_KEYS.',
    );
  }

  private async replayAll(): Promise<void> {
    for (const [attemptId, record] of this.pending) {
      const outcome = await this.replayers
        .get(record.kind)?.(record)
        .catch(() => undefined);
      if (outcome === undefined) {
        // One record that cannot be stored does not hold up the others; a lost store does.
        if (!(await this.storeAnswers())) return;
        this.complain(record);
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
      if (record.connectionId !== undefined) this.cache.drop(record.connectionId);
      this.store?.remove(attemptId);
      this.logger.log(`Rescued tokens (${record.connectionId ?? attemptId}): ${outcome}.`);
    }
  }
}
