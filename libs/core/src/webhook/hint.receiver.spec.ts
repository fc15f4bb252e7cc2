import type { RegisteredApp } from '../provider/registered-app.js';
import { HintReceiver } from './hint.receiver.js';

describe('a post that nobody has signed', () => {
  const counted: string[] = [];
  const stored: unknown[] = [];
  const deployment = { isOurs: true };
  const receiver = new HintReceiver(
    {} as never,
    {
      keepForGood: () => undefined,
      add: (task: unknown) => Promise.resolve(stored.push(task) > 0),
    } as never,
    { now: () => 0 } as never,
    { received: (_provider: string, outcome: string) => counted.push(outcome) } as never,
    deployment as never,
  );
  const answer = { received: true };
  const app = {
    provider: 'fynd',
    name: 'fynd',
    options: {},
    definition: {
      webhooks: {
        schemes: () => [],
        hints: [{ path: 'gone', answer, read: () => ({ kind: 'uninstalled', merchant: 'm1' }) }],
      },
    },
  } as unknown as RegisteredApp;
  const post = (rawBody: Buffer | undefined) =>
    receiver.receive(app, 'gone', { method: 'POST', url: '/', headers: {}, rawBody });

  beforeEach(() => {
    counted.length = 0;
    stored.length = 0;
    deployment.isOurs = true;
  });

  it.each([
    ['without a body', undefined],
    ['of more than 16 KiB', Buffer.alloc(16_385, ' ')],
    ['that is no JSON object', Buffer.from('[]')],
  ])('%s is not acted on, and answered as every other', async (_what, body) => {
    expect(await post(body)).toEqual(answer);
    expect(counted).toEqual(['hint_malformed']);
    expect(stored).toEqual([]);
    // From an address that nobody knows.
    expect(await post(Buffer.from('{}'))).toEqual(answer);
    expect(stored).toHaveLength(1);
  });

  it('is to be sent again while the store belongs to another deployment', async () => {
    deployment.isOurs = false;
    await expect(post(Buffer.from('{}'))).rejects.toMatchObject({
      code: 'webhook_not_stored',
      retryable: true,
    });
    expect(counted).toEqual(['hint_not_stored']);
    expect(stored).toEqual([]);
  });
});
