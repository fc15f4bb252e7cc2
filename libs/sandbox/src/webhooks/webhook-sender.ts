import { RecordLog } from '../inspection/record-log.js';
import { SandboxError } from '../sandbox-error.js';
import { InputError } from '../server/input-error.js';
import { HttpPoster, type Posted } from './http-poster.js';
import { inTurn } from './in-turn.js';
import { Waits } from './waits.js';
import type { WebhookDelivery } from './webhook-delivery.js';
import type { WebhookEvent } from './webhook-event.js';
import type { WebhookForm, WebhookTarget } from './webhook-form.js';
import { readHow, type WebhookHow } from './webhook-how.js';
import { checkSign, compose, type Sent, type WebhookJob } from './webhook-job.js';
import { readWebhookSettings, type WebhookSettings } from './webhook-settings.js';

const LIMIT = 100_000;

/** One event of a burst. */
export interface BurstItem<T extends WebhookTarget = WebhookTarget> {
  readonly to: T | string;
  readonly event: WebhookEvent;
  readonly how?: WebhookHow;
}

/** In which order held deliveries go out. Default `oldest`, one after the other. */
export interface ReleaseOptions {
  readonly order?: 'oldest' | 'newest' | 'random';
  /** How many at a time; more than one and the order of arrival is open. Default 1. */
  readonly concurrency?: number;
}

/** Sends one emulated provider's webhooks, and remembers what became of them. */
export class WebhookSender<T extends WebhookTarget = WebhookTarget> {
  /** Change these while it runs; they hold from the next attempt on. */
  readonly settings: WebhookSettings;
  private readonly log = new RecordLog<WebhookDelivery>(LIMIT);
  private readonly jobs = new Map<string, WebhookJob<T>>();
  private readonly waits = new Waits<WebhookJob<T>>();
  private readonly poster = new HttpPoster();
  private held: WebhookJob<T>[] = [];
  private running = new Set<WebhookJob<T>>();
  private settledWaiters: (() => void)[] = [];
  private serial = 0;
  private stopped = false;

  /** @internal `find`: the endpoint at a URL. */
  constructor(
    private readonly form: WebhookForm<T>,
    retryDelaysMs: readonly number[],
    options: Partial<WebhookSettings> | undefined,
    private readonly find: (url: string) => T | undefined,
  ) {
    this.settings = {
      retryDelaysMs,
      timeoutMs: 10_000,
      hold: false,
      ...readWebhookSettings({ ...options }),
    };
  }

  /** All deliveries since the last reset, oldest first; at most about 100 000 are kept. */
  get deliveries(): readonly WebhookDelivery[] {
    return this.log.all;
  }

  /** How many deliveries there were since the last reset, the dropped ones included. */
  get total(): number {
    return this.log.total;
  }

  /** At most `limit` deliveries from position `after` on. */
  slice(after: number, limit: number): ReturnType<RecordLog<WebhookDelivery>['slice']> {
    return this.log.slice(after, limit);
  }

  /** An id for an event that is yet to be written. */
  newEventId(): string {
    return this.form.newEventId();
  }

  /**
   * Sends an event to an endpoint, or to the endpoint at a URL.
   *
   * @returns the delivery, after its first attempt; the first of several copies; at once when it is held
   * @throws SandboxError when no endpoint has that URL, or its secret was never rotated but must be
   */
  async send(to: T | string, event: WebhookEvent, how: WebhookHow = {}): Promise<WebhookDelivery> {
    return this.startAll(this.openAll(to, event, how));
  }

  /** As `send`, but does not wait for the first attempt. */
  launch(to: T | string, event: WebhookEvent, how: WebhookHow = {}): WebhookDelivery {
    const jobs = this.openAll(to, event, how);
    void this.startAll(jobs);
    return firstOf(jobs);
  }

  /** Records an event that this provider would not send. */
  suppress(target: T, event: { id: string; type: string }, reason: string): WebhookDelivery {
    const { delivery } = this.open({ target, body: '', how: {} }, event.id, event.type);
    this.jobs.delete(delivery.delivery_id);
    return Object.assign(delivery, { status: 'suppressed', reason });
  }

  /**
   * Sends an event again, under its id and with a fresh timestamp, wherever it had been sent.
   *
   * @throws SandboxError when no such event was sent
   */
  async resend(eventId: string): Promise<WebhookDelivery[]> {
    const before = [...this.jobs.values()].filter(({ delivery }) => delivery.event_id === eventId);
    const byUrl = new Map(before.map((job) => [job.target.url, job]));
    if (byUrl.size === 0) throw new SandboxError(`No event ${eventId} was sent.`);
    return Promise.all(
      [...byUrl.values()].map(({ target, body, delivery }) =>
        this.startAll([this.open({ target, body, how: {} }, eventId, delivery.event_type)]),
      ),
    );
  }

  /**
   * Sends the very same bytes and headers once more.
   *
   * @throws SandboxError when there was no such delivery, or it was never attempted
   */
  async replay(deliveryId: string): Promise<WebhookDelivery> {
    const job = this.jobs.get(deliveryId);
    if (!job?.sent) throw new SandboxError(`No delivery ${deliveryId} was sent.`);
    const { target, body, delivery, sent } = job;
    return this.startAll([
      this.open(
        { target, body, how: { retry: false }, exact: sent },
        delivery.event_id,
        delivery.event_type,
      ),
    ]);
  }

  /** Sends many events, `concurrency` (default 50) at a time; resolves after all first attempts. */
  async burst(
    count: number,
    make: (index: number) => BurstItem<T>,
    { concurrency = 50 }: { readonly concurrency?: number } = {},
  ): Promise<WebhookDelivery[]> {
    const indexes = Array.from({ length: count }, (_, index) => index);
    return inTurn(indexes, concurrency, async (index) => {
      const { to, event, how } = make(index);
      return this.send(to, event, how);
    });
  }

  /** Lets go what `settings.hold` has kept back; resolves after all first attempts. */
  async release({ order = 'oldest', concurrency = 1 }: ReleaseOptions = {}): Promise<
    WebhookDelivery[]
  > {
    const jobs = ordered(this.held, order);
    this.held = [];
    return inTurn(jobs, concurrency, (job) => this.start(job));
  }

  /** Resolves when nothing is under way and no retry is due. What is held does not count. */
  settled(): Promise<void> {
    if (this.running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.settledWaiters.push(resolve));
  }

  /** Gives up what waits for a retry. */
  stopRetries(): void {
    this.waits.cutAll();
  }

  /** @internal The endpoint is gone: what is not delivered yet never will be. */
  abandon(target: T, reason: string): void {
    const isIts = (job: WebhookJob<T>): boolean => job.target === target;
    for (const job of this.held.filter(isIts)) fail(job, reason);
    this.held = this.held.filter((job) => !isIts(job));
    for (const job of [...this.running].filter(isIts)) {
      fail(job, reason);
      this.waits.cut(job);
    }
  }

  /** @internal Forgets all deliveries and gives up what is not over. */
  reset(): void {
    for (const job of [...this.held, ...this.running]) fail(job, 'reset');
    this.held = [];
    this.waits.cutAll();
    this.log.clear();
    this.jobs.clear();
  }

  /** @internal No timer and no socket is left after this. */
  stop(): void {
    this.stopped = true;
    for (const job of [...this.held, ...this.running]) fail(job, 'stopped');
    this.held = [];
    this.waits.cutAll();
    this.poster.close();
  }

  private targetAt(url: string, { sign }: WebhookHow): T {
    const target = this.find(url);
    if (target) return target;
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new InputError('url', 'an http URL');
    if (sign === 'none') return { url, secret: '' } as T;
    throw new SandboxError(`No endpoint has the URL ${url}; give one with its secret.`);
  }

  private openAll(to: T | string, event: WebhookEvent, how: WebhookHow): WebhookJob<T>[] {
    const given = readHow(how);
    const target = typeof to === 'string' ? this.targetAt(to, given) : to;
    checkSign(this.form, target, given.sign);
    const id = given.eventId ?? event.id ?? this.form.newEventId();
    const body = given.body ?? JSON.stringify(event.body);
    return Array.from({ length: given.copies ?? 1 }, () =>
      this.open({ target, body, how: given }, id, event.type),
    );
  }

  private open(
    job: Omit<WebhookJob<T>, 'delivery'> & { readonly exact?: Sent },
    event_id: string,
    event_type: string,
  ): WebhookJob<T> {
    this.serial += 1;
    const delivery_id = `whdl_${String(this.serial).padStart(6, '0')}`;
    const opened: WebhookJob<T> = {
      ...job,
      delivery: {
        delivery_id,
        event_id,
        event_type,
        url: job.target.url,
        status: 'pending',
        attempts: [],
      },
    };
    this.log.add(opened.delivery);
    this.jobs.set(delivery_id, opened);
    for (const oldest of this.jobs.keys()) {
      if (this.jobs.size <= LIMIT) break;
      this.jobs.delete(oldest);
    }
    return opened;
  }

  private async startAll(jobs: readonly WebhookJob<T>[]): Promise<WebhookDelivery> {
    if (this.settings.hold) this.held.push(...jobs);
    else await Promise.all(jobs.map((job) => this.start(job)));
    return firstOf(jobs);
  }

  /** Resolves after the first attempt; retries go on by themselves. */
  private async start(job: WebhookJob<T>): Promise<WebhookDelivery> {
    this.running.add(job);
    if (await this.waits.of(job, job.how.delayMs ?? 0)) await this.attempt(job);
    else fail(job, 'given up');
    if (job.delivery.status === 'pending') void this.retry(job).then(() => this.end(job));
    else this.end(job);
    return job.delivery;
  }

  private async retry(job: WebhookJob<T>): Promise<void> {
    const { delivery } = job;
    while (delivery.status === 'pending') {
      const delay = this.settings.retryDelaysMs[delivery.attempts.length - 1];
      if (delay === undefined || job.how.retry === false) delivery.status = 'failed';
      else if (await this.waits.of(job, delay)) await this.attempt(job);
      else fail(job, 'given up');
    }
  }

  private async attempt(job: WebhookJob<T>): Promise<void> {
    const { delivery } = job;
    if (this.stopped) fail(job, 'stopped');
    if (delivery.status !== 'pending') return;
    const at = Date.now();
    const began = performance.now();
    job.sent = compose(this.form, job);
    const { headers, body } = job.sent;
    const posted = await this.poster
      .post(delivery.url, headers, body, this.settings.timeoutMs)
      // What Node refuses to send, such as a line break in a header.
      .catch((error: Error): Posted => ({ error: error.message }));
    const duration_ms = Math.round(performance.now() - began);
    delivery.attempts = [...delivery.attempts, { at, ...posted, duration_ms }];
    const good = 'status' in posted && posted.status >= 200 && posted.status < 300;
    if (good) Object.assign(delivery, { status: 'delivered', reason: undefined });
  }

  private end(job: WebhookJob<T>): void {
    this.running.delete(job);
    if (this.running.size > 0) return;
    for (const resolve of this.settledWaiters.splice(0)) resolve();
  }
}

function firstOf([first]: readonly WebhookJob<WebhookTarget>[]): WebhookDelivery {
  if (!first) throw new SandboxError('There is nothing to send.');
  return first.delivery;
}

function fail({ delivery }: WebhookJob<WebhookTarget>, reason: string): void {
  if (delivery.status === 'pending') Object.assign(delivery, { status: 'failed', reason });
}

function ordered<J>(jobs: readonly J[], order: ReleaseOptions['order']): J[] {
  if (order === 'newest') return [...jobs].reverse();
  if (order !== 'random') return [...jobs];
  return jobs
    .map((job) => ({ job, key: Math.random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ job }) => job);
}
