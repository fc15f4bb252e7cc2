import { outcomeOf, stateAfter } from './delivery-end.js';
import type { HandledDelivery } from './delivery-end.js';
import { DEFAULT_DELIVERY_POLICY } from './delivery-policy.js';
import type { HandlerState } from './delivery.row.js';

const POLICY = {
  ...DEFAULT_DELIVERY_POLICY,
  maxAttempts: 3,
  retryBaseMs: 1_000,
  retryCapMs: 1_000,
};
const DONE: HandlerState = { state: 'done' };
const PENDING: HandlerState = { state: 'pending' };
const FAILED: HandlerState = { state: 'failed', error: 'TypeError', failures: 1 };
const DEAD: HandlerState = { state: 'dead', error: 'TypeError', failures: 3 };

const outcome = (given: Partial<HandledDelivery>) =>
  outcomeOf({ row: { attempts: 1 }, states: {}, ...given }, POLICY);

describe('how a delivery goes on', () => {
  it.each([
    ['nobody listens', {}],
    ['all are done', { a: DONE, b: DONE }],
  ])('is done where %s', (_, states) => {
    expect(outcome({ states })).toStrictEqual({ kind: 'over', status: 'done', states });
  });

  it('comes again when a handler failed, with half of the pause left to chance', () => {
    const again = outcome({ states: { a: DONE, b: FAILED } });
    expect(again).toMatchObject({ kind: 'again', attempts: 1, failed: true });
    if (again.kind !== 'again') throw new Error('expected it to come again');
    expect(again.delayMs).toBeGreaterThanOrEqual(500);
    expect(again.delayMs).toBeLessThanOrEqual(1_000);
  });

  it('comes again when asked to, which counts as no attempt', () => {
    expect(outcome({ states: { a: PENDING }, later: 70 })).toStrictEqual({
      kind: 'again',
      delayMs: 70,
      attempts: 0,
      failed: false,
    });
  });

  it('takes the shorter pause where one failed and one asked', () => {
    const given = { states: { a: FAILED, b: PENDING } };
    expect(outcome({ ...given, later: 70 })).toMatchObject({
      delayMs: 70,
      attempts: 1,
      failed: true,
    });
    const capped = outcome({ ...given, later: 999_999 });
    expect(capped).toMatchObject({ kind: 'again', failed: true });
    expect((capped as { delayMs: number }).delayMs).toBeLessThanOrEqual(1_000);
  });

  it.each([2, 3, 4])('at attempt %i of three', (attempts) => {
    const { kind } = outcome({ row: { attempts }, states: { a: FAILED } });
    expect(kind).toBe(attempts < 3 ? 'again' : 'over');
  });

  it('is dead after the last attempt, and says of each handler what became of it', () => {
    const states = { a: DONE, b: FAILED };
    expect(outcome({ row: { attempts: 3 }, states })).toStrictEqual({
      kind: 'over',
      status: 'dead',
      states,
    });
  });

  it('is not dead while a handler asks for more time, whatever it has had', () => {
    expect(outcome({ row: { attempts: 3 }, states: { a: PENDING }, later: 5 })).toMatchObject({
      kind: 'again',
      attempts: 2,
    });
  });

  it('is dead when one handler is, though the others are done', () => {
    expect(outcome({ states: { a: DONE, b: DEAD } })).toMatchObject({
      kind: 'over',
      status: 'dead',
    });
  });

  it('comes again when it could not be handled at all', () => {
    expect(outcome({ problem: 'unreadable' })).toMatchObject({ kind: 'again', failed: true });
    expect(outcome({ states: { a: PENDING }, problem: 'handler_missing' })).toMatchObject({
      attempts: 1,
      failed: true,
    });
  });

  it('dies of that after the last attempt, with the reason for each handler that is not done', () => {
    const states = { a: DONE, b: PENDING, c: FAILED };
    expect(outcome({ row: { attempts: 3 }, states, problem: 'gave_up' })).toStrictEqual({
      kind: 'over',
      status: 'dead',
      states: {
        a: DONE,
        b: { state: 'dead', error: 'gave_up' },
        c: { state: 'dead', error: 'gave_up', failures: 1 },
      },
    });
    expect(outcome({ row: { attempts: 3 }, problem: 'unreadable' })).toMatchObject({
      status: 'dead',
    });
  });
});

describe('the state of a handler that has run', () => {
  const row = { attempts: 1 };
  const failed = { kind: 'failed', error: 'TypeError' } as const;

  it.each([
    ['done', { kind: 'done' } as const, DONE],
    ['asked for more time', { kind: 'later', delayMs: 5 } as const, PENDING],
    ['failed', failed, FAILED],
  ])('%s', (_, end, state) => {
    expect(stateAfter(PENDING, end, row, POLICY)).toStrictEqual(state);
    expect(stateAfter(undefined, end, row, POLICY)).toStrictEqual(state);
  });

  it('is dead with its last failure, or with the last attempt of the delivery', () => {
    expect(stateAfter({ ...FAILED, failures: 1 }, failed, row, POLICY)).toMatchObject({
      state: 'failed',
      failures: 2,
    });
    expect(stateAfter({ ...FAILED, failures: 2 }, failed, row, POLICY)).toStrictEqual(DEAD);
    expect(stateAfter(PENDING, failed, { attempts: 3 }, POLICY).state).toBe('dead');
    expect(stateAfter(PENDING, failed, { attempts: 4 }, POLICY).state).toBe('dead');
  });
});
