import { readDeliveryRow } from './delivery.row.js';

describe('a stored delivery', () => {
  const statesOf = (handlers: unknown) =>
    readDeliveryRow({ attempts: 0, runs: 0, handlers }).handlers;

  it('has its numbers as numbers, whatever the driver hands out', () => {
    expect(
      readDeliveryRow({ attempts: '2', runs: 3n, due_at: '7', finished_at: null, handlers: null }),
    ).toMatchObject({ attempts: 2, runs: 3, due_at: 7, finished_at: null, handlers: {} });
  });

  it('has the states of its handlers', () => {
    const states = { a: { state: 'done' }, b: { state: 'failed', error: 'timeout' } };
    expect(statesOf(JSON.stringify(states))).toEqual(states);
  });

  it.each(['{', 'null', '[]', '7', '{"a":null}', '{"a":{"state":"weird"}}'])(
    'begins anew when somebody has written %s into it',
    (text) => expect(statesOf(text)).toEqual({}),
  );
});
