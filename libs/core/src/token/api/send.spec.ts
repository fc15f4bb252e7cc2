import type { HttpService } from '@nestjs/axios';
import { throwError } from 'rxjs';
import { send } from './send.js';

describe('a call without an answer', () => {
  const failing = (error: unknown) =>
    ({ request: () => throwError(() => error) }) as unknown as HttpService;
  const config = { url: 'https://a.example/pay', method: 'POST' };
  const write = { writes: true, repeatable: false };
  const axiosError = (code: unknown) =>
    Object.assign(new Error('canary'), { code, config: { headers: { authorization: 'canary' } } });

  it.each(['ECONNREFUSED', 'ENOTFOUND'])('that never left (%s) is said to', async (code) => {
    await expect(send(failing(axiosError(code)), 'Flint', config, write)).rejects.toMatchObject({
      code: 'provider_unavailable',
      outcome: 'not_sent',
      message: `Flint could not be reached (${code}); nothing was sent.`,
    });
  });

  it.each([
    ['ECONNRESET', 'ECONNRESET'],
    // What is no plain code may hold anything.
    ['token canary', 'network error'],
    [undefined, 'network error'],
    [7, 'network error'],
  ])('may have paid: with the code %j nobody is told to repeat it', async (code, name) => {
    const failed = send(failing(axiosError(code)), 'Flint', config, write);
    await expect(failed).rejects.toMatchObject({
      code: 'outcome_unknown',
      retryable: false,
      outcome: 'unknown',
    });
    const error = await failed.catch((one: Error) => one);
    expect((error as Error).message).toContain(`(${name})`);
    expect(JSON.stringify(error) + String((error as Error).cause)).not.toContain('canary');
  });

  it('that its caller gave up is the caller’s own reason', async () => {
    const reason = new Error('given up');
    const { signal } = Object.assign(new AbortController(), {});
    const stopped = { ...config, signal: AbortSignal.abort(reason) };
    await expect(send(failing(axiosError('ERR_CANCELED')), 'F', stopped, write)).rejects.toBe(
      reason,
    );
    // One that nobody has given up is an answer that did not come.
    const going = { ...config, signal };
    await expect(send(failing(axiosError('ECONNRESET')), 'F', going, write)).rejects.toMatchObject({
      code: 'outcome_unknown',
    });
  });
});
