/** By itself right after such a line of its handler, or from outside. */
export interface Death {
  readonly after?: 'begin' | 'end';
  readonly withinMs?: number;
}

export interface Host {
  readonly pid: number;
  readonly url: string;
  stop(): Promise<number | NodeJS.Signals>;
}

/** What a handler, or the killer, wrote down. */
export interface Line {
  readonly what: 'begin' | 'end' | 'killed';
  readonly eventId: string;
  readonly pid: number;
  readonly attempt: number;
}

export class World {
  readonly webhookSecret: string;
  static create(kind: string): Promise<World>;
  start(deliveries?: object): Promise<Host>;
  kill(host: Host, how?: Death): Promise<void>;
  living(): Host[];
  lines(): Line[];
  rows(): Promise<Record<string, unknown>[]>;
  open(): Promise<string[]>;
  close(): Promise<void>;
}
