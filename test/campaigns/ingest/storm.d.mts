export interface StormSummary {
  readonly kills: number;
  readonly answered: number;
  readonly rows: number;
  readonly runs: number;
  readonly runsCutOffByAKill: number;
  readonly endedButNotYetRecordedAtAKill: number;
}

export function storm(options: {
  kind: string;
  deliveries: number;
  kills: number;
  /** The same makes the same choices. */
  start: string;
  report?: (text: string) => void;
}): Promise<{ violations: string[]; summary: StormSummary }>;
