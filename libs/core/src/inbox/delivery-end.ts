import { retryDelayMs } from './delivery-policy.js';
import type { DeliveryPolicy } from './delivery-policy.js';
import type { DeliveryRow, HandlerState, HandlerStates } from './delivery.row.js';
import type { HandlerEnd } from './delivery-run.js';

/** How a delivery goes on once its handlers have ended. */
export type DeliveryOutcome =
  | {
      readonly kind: 'again';
      readonly delayMs: number;
      /** Of those that are counted: being asked to come again is no failure. */
      readonly attempts: number;
      readonly failed: boolean;
    }
  | { readonly kind: 'over'; readonly status: 'done' | 'dead'; readonly states: HandlerStates };

export interface HandledDelivery {
  readonly row: Pick<DeliveryRow, 'attempts'>;
  readonly states: HandlerStates;
  /** The shortest pause that a handler asked for, in milliseconds. */
  readonly later?: number;
  /** Why it could not be handled at all. */
  readonly problem?: string;
}

/** A handler that has to run, for the first time or again. */
export const isOpen = ({ state }: HandlerState): boolean =>
  state === 'pending' || state === 'failed';

/** Done with all handlers, to be tried again, or dead. */
export function outcomeOf(
  { row, states, later, problem }: HandledDelivery,
  policy: DeliveryPolicy,
): DeliveryOutcome {
  const all = Object.values(states);
  const waits = problem !== undefined || all.some(isOpen);
  const exhausted = row.attempts >= policy.maxAttempts && later === undefined;
  if (waits && !exhausted) {
    const failed = problem !== undefined || all.some(({ state }) => state === 'failed');
    const retry = failed ? retryDelayMs(policy, row.attempts) : Infinity;
    const attempts = failed ? row.attempts : row.attempts - 1;
    return { kind: 'again', delayMs: Math.min(retry, later ?? Infinity), attempts, failed };
  }
  const ended = problem === undefined ? states : killed(states, problem);
  const dead = waits || all.some(({ state }) => state === 'dead');
  return { kind: 'over', status: dead ? 'dead' : 'done', states: ended };
}

/** The state of a handler that has run; after its last attempt a failure is its end. */
export function stateAfter(
  before: HandlerState | undefined,
  end: HandlerEnd,
  row: Pick<DeliveryRow, 'attempts'>,
  { maxAttempts }: DeliveryPolicy,
): HandlerState {
  if (end.kind === 'done') return { state: 'done' };
  if (end.kind === 'later') return { state: 'pending' };
  const failures = (before?.failures ?? 0) + 1;
  const dead = failures >= maxAttempts || row.attempts >= maxAttempts;
  return { state: dead ? 'dead' : 'failed', error: end.error, failures };
}

const killed = (states: HandlerStates, error: string): HandlerStates =>
  Object.fromEntries(
    Object.entries(states).map(([key, one]): [string, HandlerState] =>
      one.state === 'done' ? [key, one] : [key, { ...one, state: 'dead', error }],
    ),
  );
