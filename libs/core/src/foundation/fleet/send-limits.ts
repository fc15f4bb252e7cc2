/** What an endpoint takes now. */
export interface SendRoom {
  /** Milliseconds for which nobody may send there; 0: it may be sent. */
  readonly restMs: number;
  /** Calls that may leave at once; `Infinity` without a ceiling, 0 while the endpoint rests. */
  readonly room: number;
}

export interface Booking {
  /** `false`: it would be later than allowed, and nothing was booked. */
  readonly booked: boolean;
  /** Milliseconds until the call may leave; when not booked, until another try is worth it. */
  readonly waitMs: number;
}

/**
 * How much may be sent to a token endpoint. `endpoint` names one endpoint of one app;
 * `ratePerSecond` is the app's ceiling, if it has one. None of them throws.
 */
export interface SendLimits {
  /** Looks; books nothing. */
  peek(endpoint: string, ratePerSecond?: number): Promise<SendRoom>;
  /** Books one call, if it may leave within so many milliseconds. */
  book(endpoint: string, withinMs: number, ratePerSecond?: number): Promise<Booking>;
  /** The provider asked for quiet: nobody sends there for so many milliseconds, and a little longer. */
  pause(endpoint: string, ms: number): Promise<void>;
  /** The provider has answered after all: this process goes on, and whoever has not heard of the pause. */
  resume(endpoint: string): Promise<void>;
}
