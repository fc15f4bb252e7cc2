import type { RegisteredApp } from '../../provider/registered-app.js';
import { TokenSender } from './token-sender.js';

describe('the way to a token endpoint', () => {
  const app = { name: 'main', definition: {}, ratePerSecond: 1 } as RegisteredApp;
  const place = { environment: 'live' };
  const asked: string[] = [];
  let booking = { booked: true, waitMs: 0 };
  let restMs = 0;
  let circuit: () => { id: string };

  const sender = new TokenSender(
    {
      limits: {
        peek: (endpoint: string) => {
          asked.push(endpoint);
          return Promise.resolve({ restMs, room: 1 });
        },
        book: (endpoint: string) => {
          asked.push(endpoint);
          return Promise.resolve(booking);
        },
      },
    } as never,
    { endpointCircuit: () => circuit() } as never,
    { storeBudgetMs: 10_000 } as never,
    {} as never,
  );

  beforeEach(() => {
    asked.length = 0;
    booking = { booked: true, waitMs: 0 };
    restMs = 0;
    circuit = () => ({ id: 'e1' });
  });

  it('is free where no endpoint is known: the call itself says what is wrong', async () => {
    circuit = () => {
      throw new TypeError('Invalid URL');
    };
    expect(await sender.peek(app, place)).toEqual({ restMs: 0, room: Infinity });
    expect(await sender.book(app, place)).toBe(0);
    await sender.resume(app, place);
    expect(asked).toEqual([]);
  });

  it('has limits of its own for each app', async () => {
    await sender.peek(app, place);
    expect(asked).toEqual(['e1/main']);
  });

  it('is held by a pause that was asked for while somebody waited for a place', async () => {
    booking = { booked: true, waitMs: 1 };
    expect(await sender.book(app, place)).toBe(0);
    restMs = 5_000;
    expect(await sender.book(app, place)).toBe(5_000);
    // Who waits in person goes on: what they bring dies soon.
    expect(await sender.book(app, place, { inPerson: true })).toBe(0);
  });

  it('is held for as long as the ceiling says', async () => {
    booking = { booked: false, waitMs: 0 };
    expect(await sender.book(app, place)).toBe(1);
    expect(await sender.book(app, place, { inPerson: true })).toBe(0);
  });
});
