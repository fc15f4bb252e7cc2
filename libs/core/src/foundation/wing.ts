/** Work that comes again and again; its runs never overlap, and a failure waits for the next. */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  /**
   * `always`; only in a process that works in the `background`; or there only while the store is `ours`,
   * for what spends tokens.
   */
  readonly when: 'always' | 'background' | 'ours';
  readonly run: () => Promise<void> | undefined;
}

/** How a process starts: the app itself, or a command beside it. */
export interface StartMode {
  readonly command: string | undefined;
}

/** What begins, repeats and ends in one wing. The order of all of it is the conductor's. */
export interface Wing {
  /** Before the app takes requests. */
  start?(mode: StartMode): Promise<void> | void;
  /** As soon as the store is ours; not for a command. */
  prepare?(): Promise<void>;
  /** What others may have changed: once a second, and at each hint. */
  follow?(): Promise<void>;
  /** The app is complete: last checks. @throws FlockError `configuration_invalid` */
  ready?(): void;
  /** Begins to work, in a process that works in the background. */
  work?(): void;
  jobs?(): readonly Job[];
  /** Deletes what is older than its retention; once an hour. */
  prune?(): Promise<void>;
  /** Begins nothing more, and waits for what it has begun. */
  stop?(): Promise<void>;
  /** When all have stopped: stores what is still in memory or in a file. */
  drain?(): Promise<void>;
  /** Waits for what late requests have left behind. */
  settled?(): Promise<void>;
  close?(): Promise<void> | void;
}
