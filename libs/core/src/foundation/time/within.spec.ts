import { within } from './within.js';

const NEVER = new Promise<never>(() => undefined);

describe('within', () => {
  it('hands back what the work brings, and its error', async () => {
    await expect(within(60_000, Promise.resolve('done'), () => 'late')).resolves.toBe('done');
    const failed = within(60_000, Promise.reject(new Error('no')), () => 'late');
    await expect(failed).rejects.toThrow('no');
  });

  it('asks what to do when the time is up: a value or an error', async () => {
    await expect(within(1, NEVER, () => 'late')).resolves.toBe('late');
    const thrown = within(1, NEVER, () => {
      throw new Error('too late');
    });
    await expect(thrown).rejects.toThrow('too late');
  });

  it('does not ask once the work has ended', async () => {
    jest.useFakeTimers();
    let asked = false;
    await within(1_000, Promise.resolve(), () => (asked = true));
    jest.advanceTimersByTime(2_000);
    expect(asked).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  it('drops an error that comes afterwards', async () => {
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<string>((_, reject) => (fail = reject));
    await expect(within(1, work, () => 'late')).resolves.toBe('late');
    fail(new Error('nobody hears it'));
    await new Promise(setImmediate);
  });

  it('ends with the reason of the caller who leaves, and listens no longer than it waits', async () => {
    const caller = new AbortController();
    const left = within(60_000, NEVER, () => 'late', caller.signal);
    caller.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    const added = jest.spyOn(AbortSignal.prototype, 'removeEventListener');
    await within(60_000, Promise.resolve(), () => 'late', new AbortController().signal);
    expect(added).toHaveBeenCalledTimes(1);
    added.mockRestore();
  });
});
