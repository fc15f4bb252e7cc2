export interface SoakOptions {
  readonly seconds: number;
  readonly database: 'sqlite' | 'postgres' | 'mariadb';
  readonly processes?: number;
  /** The same seed makes the same choices. */
  readonly seed: number;
  /** Default `full`. */
  readonly size?: 'short' | 'full';
  /** With a Redis server of its own, which is stopped and started. Default false. */
  readonly redis?: boolean;
  readonly report?: (text: string) => void;
}

/** One promise, or one figure. */
export interface SoakRow {
  readonly name: string;
  readonly figure: string | number;
  /** What broke the promise. */
  readonly violations: readonly string[];
}

export interface SoakResult {
  readonly table: readonly SoakRow[];
  /** All that is in the table. */
  readonly violations: readonly string[];
  readonly summary: {
    readonly misfortunes: Readonly<Record<string, number>>;
    readonly faults: number;
    readonly tokenCalls: number;
    readonly apiCalls: number;
  };
}

export function soak(options: SoakOptions): Promise<SoakResult>;
