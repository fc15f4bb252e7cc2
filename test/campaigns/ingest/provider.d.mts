export interface ProviderEvent {
  readonly id: string;
  /** How long its handler takes. */
  readonly takesMs?: number;
}

export class Provider {
  constructor(secret: string);
  sign(event: ProviderEvent): object;
  post(url: string, message: object): Promise<number>;
  deliver(
    event: ProviderEvent,
    choose: () => string | undefined,
    patienceMs?: number,
  ): Promise<void>;
  close(): Promise<void>;
}
