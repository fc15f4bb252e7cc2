import type {
  DeliveryEnd,
  DeliveryQueue,
  DeliveryWork,
  QueuedDelivery,
} from '@nest-flock/core/fleet';
import { Logger } from '@nestjs/common';
import { Queue, WaitingError, Worker } from 'bullmq';
import type { Job, JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { setTimeout as wait } from 'node:timers/promises';
import type { RedisConnections } from './redis-connections.js';
import type { RedisWatch } from './redis-watch.js';

/** The queue's name; its BullMQ prefix is `{flock}` or `{flock-<deployment id>}`, with the braces. */
export const DELIVERY_QUEUE = 'deliveries';

/** Bull's word for all but lifecycle events, which have none and so go first. */
const ORDINARY = 1;
/** As long as the dispatcher itself waits for its handlers. */
const STOP_WITHIN_MS = 10_000;
/** A worker that was refused, or could not begin, tries again so much later. */
const RETRY_MS = 1_000;

/** Enough for a dashboard, and bounded. */
const KEPT: JobsOptions = {
  attempts: 1,
  removeOnComplete: { count: 1_000, age: 3_600 },
  removeOnFail: { count: 1_000, age: 86_400 },
};

interface DeliveryJob {
  readonly id: string;
}

/** A worker and its own connection, which has a copy that blocks. */
interface Running {
  readonly worker: Worker<DeliveryJob, DeliveryEnd>;
  readonly connection: Redis;
  begun: boolean;
}

/** Deliveries as BullMQ jobs. A job names a delivery; what may be done about it the store decides. */
export class BullDeliveryQueue implements DeliveryQueue {
  private readonly logger = new Logger('NestFlock');
  private queue: Queue<DeliveryJob> | undefined;
  private wanted: DeliveryWork | undefined;
  private running: Running | undefined;
  private timer: NodeJS.Timeout | undefined;
  private complained = false;
  private stopped = false;

  constructor(
    private readonly connections: RedisConnections,
    private readonly commands: Redis,
    private readonly watch: RedisWatch,
    private readonly options: { readonly prefix: string; readonly concurrency?: number },
  ) {}

  /** Not while a worker of this process is wanted and does not run: its share would wait for nothing. */
  get isReady(): boolean {
    return this.queue !== undefined && this.watch.isUp && (!this.mayWork || this.works);
  }

  async add(deliveries: readonly QueuedDelivery[]): Promise<boolean> {
    try {
      await this.queue?.addBulk(
        deliveries.map(({ id, runs, delayMs, first }) => ({
          name: 'delivery',
          data: { id },
          opts: {
            ...KEPT,
            // The same for copies of one try, another for the next one.
            jobId: `${id}-${runs}`,
            ...(delayMs > 0 && { delay: Math.ceil(delayMs) + 2 }),
            ...(!first && { priority: ORDINARY }),
          },
        })),
      );
      return this.queue !== undefined;
    } catch (error) {
      this.watch.failed(error);
      return false;
    }
  }

  work(work: DeliveryWork): void {
    this.wanted = work;
    this.timer = setInterval(() => this.begin(), RETRY_MS).unref();
    this.begin();
  }

  /** Makes what is missing, if Redis is there; what there is finds its way back by itself. */
  begin(): void {
    if (this.stopped || !this.watch.isUp) return;
    this.queue ??= new Queue<DeliveryJob>(DELIVERY_QUEUE, {
      connection: this.commands,
      prefix: this.bullPrefix,
      skipVersionCheck: true,
      streams: { events: { maxLen: 1_000 } },
    }).on('error', () => undefined);
    if (!this.mayWork) this.retire();
    else if (this.running === undefined) this.startWorker();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    const closing = this.running?.worker.close().catch(() => undefined);
    // Without Redis it cannot say goodbye; its handlers are waited for by the dispatcher.
    if (!this.watch.isUp) return;
    await Promise.race([closing, wait(STOP_WITHIN_MS, undefined, { ref: false })]);
  }

  async close(): Promise<void> {
    await this.queue?.close().catch(() => undefined);
    this.queue = undefined;
  }

  private get mayWork(): boolean {
    return this.wanted?.mayWork() === true;
  }

  private get works(): boolean {
    return this.running?.begun === true && this.connections.isReady(this.running.connection);
  }

  private startWorker(): void {
    const { concurrency = this.wanted?.concurrency ?? 1 } = this.options;
    const connection = this.connections.forWaiting();
    const worker = new Worker<DeliveryJob, DeliveryEnd>(
      DELIVERY_QUEUE,
      (job, token) => this.handle(job, token),
      { connection, prefix: this.bullPrefix, concurrency, runRetryDelay: RETRY_MS },
    ).on('error', () => undefined);
    const running: Running = { worker, connection, begun: false };
    this.running = running;
    worker.waitUntilReady().then(
      () => {
        running.begun = true;
        this.complained = false;
      },
      () => {
        void worker.close(true).catch(() => undefined);
        this.connections.drop(connection);
        if (this.running !== running) return;
        // Another begins soon.
        this.running = undefined;
        if (this.complained || this.stopped || !this.watch.isUp) return;
        this.complained = true;
        this.logger.warn(
          'The worker for deliveries cannot connect to Redis. The database goes on alone until it can.',
        );
      },
    );
  }

  /** What it has begun is ended; it takes nothing more. */
  private retire(): void {
    const { running } = this;
    if (running === undefined) return;
    this.running = undefined;
    void running.worker
      .close()
      .catch(() => undefined)
      .finally(() => this.connections.drop(running.connection));
  }

  private async handle(job: Job<DeliveryJob>, token: string | undefined): Promise<DeliveryEnd> {
    if (this.wanted?.mayWork() !== true) {
      // For whoever may.
      await job.moveToWait(token);
      this.retire();
      throw new WaitingError();
    }
    return end(this.wanted.handle(job.data.id));
  }

  /** In a cluster all keys of a queue must be in one slot. */
  private get bullPrefix(): string {
    return `{${this.options.prefix}}`;
  }
}

/** A job fails where a handler did, so that a dashboard shows it; the next try is another job. */
async function end(handling: Promise<DeliveryEnd>): Promise<DeliveryEnd> {
  // Errors of drivers name hosts and users: Redis is told nothing of them.
  const how = await handling.catch(() => 'unknown' as const);
  if (how !== 'failed' && how !== 'dead' && how !== 'unknown') return how;
  const error = new Error(WHY[how]);
  error.stack = '';
  throw error;
}

const WHY = {
  failed: 'a handler failed',
  dead: 'a dead letter: replay it with DeliveryService',
  unknown: 'the store did not answer: it has the delivery, and comes back to it',
} as const;
