/** An event as Fynd sends it. */
export interface FyndEvent<P = Readonly<Record<string, unknown>>> {
  readonly event: {
    readonly category: string;
    readonly name: string;
    readonly type: string;
    readonly version: string;
    readonly created_timestamp?: number;
  };
  readonly company_id: number;
  readonly application_id?: string;
  readonly payload: P;
}
