import { connect } from 'node:net';
import { request } from 'undici';
import type { FlintTokenAnswer } from '../flint/flint-token-answer.js';
import { Sandbox } from '../sandbox.js';
import { FlintClient } from '../testing/flint-client.js';
import type { Fault } from './fault.js';

describe('faults', () => {
  let sandbox: Sandbox;
  let client: FlintClient;
  let granted: FlintTokenAnswer;

  const post = (signal?: AbortSignal) =>
    request(`${sandbox.flint.url}/v1/oauth/token`, {
      method: 'POST',
      signal,
      headers: {
        authorization: client.basic(),
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `grant_type=refresh_token&refresh_token=${granted.refresh_token}`,
    });
  const lastCall = () => sandbox.flint.tokenCalls.at(-1);
  /** Whether the refresh token of the start is still good. */
  const stillGood = async () => (await client.refresh(granted.refresh_token)).status === 200;
  /** The record of the last call, once the server knows that it is over. */
  const ended = async () => {
    while (lastCall()?.endedAt === undefined) await new Promise((resolve) => setImmediate(resolve));
    return lastCall();
  };

  beforeEach(async () => {
    sandbox = await Sandbox.start();
    client = new FlintClient(sandbox);
    granted = sandbox.flint.issue();
  });
  afterEach(() => sandbox.stop());

  it.each<[Fault, number, string | undefined, boolean]>([
    [{ kind: 'html' }, 200, 'text/html', true],
    [{ kind: 'html', committed: false }, 200, 'text/html', false],
    [{ kind: 'empty_object' }, 200, 'application/json', true],
    [{ kind: 'empty_object', committed: false }, 200, 'application/json', false],
    [{ kind: 'status', status: 503 }, 503, 'text/plain', false],
    [{ kind: 'status', status: 500, body: { oh: 'no' } }, 500, 'application/json', false],
    [{ kind: 'status', status: 502, committed: true }, 502, 'text/plain', true],
    [{ kind: 'redirect', to: '/flint/elsewhere' }, 307, undefined, false],
    [{ kind: 'redirect', to: '/x', status: 302, committed: true }, 302, undefined, true],
    [{ kind: 'rate_limit', retryAfter: 7 }, 429, 'application/json', false],
    [
      { kind: 'error', error: 'temporarily_unavailable', status: 503 },
      503,
      'application/json',
      false,
    ],
    [{ kind: 'error', error: 'invalid_grant', committed: true }, 400, 'application/json', true],
  ])('P89: %j answers that and commits as told', async (fault, status, type, committed) => {
    sandbox.faults.add({ on: 'token.refresh', fault });
    const answer = await post();
    await answer.body.dump();
    expect(answer.statusCode).toBe(status);
    if (type !== undefined) expect(answer.headers['content-type']).toContain(type);
    expect(lastCall()).toMatchObject({
      outcome: 'faulted',
      fault: fault.kind,
      committed,
      answered: true,
      status,
    });
    expect(await stillGood()).toBe(!committed);
  });

  it('a rate limit is nested on the token route and says when to come again', async () => {
    sandbox.faults.add({ on: 'token', fault: { kind: 'rate_limit', retryAfter: 7 } });
    const answer = await client.refresh(granted.refresh_token);
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(answer.body).toMatchObject({
      error: { type: 'rate_limit_error', code: 'RATE_LIMIT_EXCEEDED' },
    });
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
    sandbox.faults.add({ on: 'token', fault: { kind: 'rate_limit', retryAfter: date } });
    expect((await client.refresh(granted.refresh_token)).headers.get('retry-after')).toBe(date);
  });

  it('an error is flat on the token route and nested elsewhere', async () => {
    const fault: Fault = { kind: 'error', error: 'invalid_grant', description: 'gone' };
    sandbox.faults.add({ on: 'token', fault });
    const { body } = await client.refresh(granted.refresh_token);
    expect(body).toEqual({ error: 'invalid_grant', error_description: 'gone' });
    sandbox.faults.add({ on: 'api', fault: { kind: 'error', error: 'OH', status: 503 } });
    const answer = await client.api('/v1/orders', granted.access_token);
    expect(answer.body['error']).toMatchObject({ type: 'unavailable_error', code: 'OH' });
    expect(sandbox.flint.apiCalls).toMatchObject([{ status: 503, fault: 'error' }]);
  });

  it.each([
    ['drop_before_commit', false],
    ['drop_after_commit', true],
  ] as const)('P89: %s cuts the connection', async (kind, committed) => {
    sandbox.faults.add({ on: 'token.refresh', fault: { kind } });
    await expect(post()).rejects.toThrow();
    const call = await ended();
    expect(call).toMatchObject({ outcome: 'dropped', committed, answered: false });
    expect(call).not.toHaveProperty('status');
    expect(await stillGood()).toBe(!committed);
    expect(sandbox.flint.violations).toEqual([]);
    expect(sandbox.flint.audit()).toMatchObject({ reuse: committed ? 1 : 0, reuseAfterAnswer: 0 });
  });

  it('P89: truncate commits and cuts the body short', async () => {
    sandbox.faults.add({ on: 'token', fault: { kind: 'truncate' } });
    const answer = await post();
    expect(answer.statusCode).toBe(200);
    await expect(answer.body.text()).rejects.toThrow();
    expect(await ended()).toMatchObject({ outcome: 'dropped', committed: true, answered: false });
  });

  it('P89: slow_body sends the true answer, byte by byte', async () => {
    sandbox.faults.add({ on: 'token', fault: { kind: 'slow_body', ms: 0 } });
    const answer = await post();
    const chunks: Buffer[] = [];
    for await (const chunk of answer.body) chunks.push(chunk as Buffer);
    expect(chunks.length).toBeGreaterThan(3);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as FlintTokenAnswer;
    expect(body.environment_grant_id).toBe(granted.environment_grant_id);
    expect(lastCall()).toMatchObject({ outcome: 'issued' });
  });

  it('P89: huge_body streams as much as was asked for', async () => {
    sandbox.faults.add({ on: 'token', fault: { kind: 'huge_body', bytes: 300_000 } });
    const answer = await post();
    const text = await answer.body.text();
    expect(text).toHaveLength(300_000);
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    expect(await stillGood()).toBe(false);
  });

  it('P89: huge_body stops when the client leaves', async () => {
    sandbox.faults.add({ on: 'token', fault: { kind: 'huge_body' } });
    const controller = new AbortController();
    const answer = await post(controller.signal);
    expect(answer.headers['content-length']).toBe(String(64 * 1024 * 1024));
    controller.abort();
    await expect(answer.body.text()).rejects.toThrow();
    expect(await ended()).toMatchObject({ outcome: 'dropped', fault: 'huge_body' });
  });

  it.each([
    [undefined, true],
    [true, false],
  ])('P89: hang (committed: %s) never answers', async (committed, good) => {
    const fault = sandbox.faults.add({ on: 'token', fault: { kind: 'hang', committed } });
    const controller = new AbortController();
    const answer = post(controller.signal);
    await fault.reached;
    controller.abort();
    await expect(answer).rejects.toThrow();
    expect(await ended()).toMatchObject({ outcome: 'dropped', committed: !good });
    expect(await stillGood()).toBe(good);
  });

  it('P89: delay answers later', async () => {
    sandbox.faults.add({ on: 'token', fault: { kind: 'delay', ms: 30 } });
    const before = performance.now();
    const answer = await post();
    await answer.body.dump();
    expect(performance.now() - before).toBeGreaterThanOrEqual(29);
    expect(lastCall()).toMatchObject({ outcome: 'issued', fault: 'delay' });
  });

  it('P89: hold waits, its work done, until it is released', async () => {
    const hold = sandbox.faults.add({ on: 'token', times: 2, fault: { kind: 'hold' } });
    const answer = client.refresh(granted.refresh_token);
    await hold.reached;
    expect(hold).toMatchObject({ waiting: 1, remaining: 1 });
    expect(lastCall()).toMatchObject({ outcome: 'in_flight', committed: true });
    hold.release();
    expect((await answer).status).toBe(200);
  });

  it('P89: hold can wait before the work, and forgets a client that left', async () => {
    const fault: Fault = { kind: 'hold', committed: false };
    const hold = sandbox.faults.add({ on: 'token', fault });
    const controller = new AbortController();
    const left = post(controller.signal);
    await hold.reached;
    expect(lastCall()).toMatchObject({ committed: false });
    controller.abort();
    await expect(left).rejects.toThrow();
    await ended();
    hold.release();
    expect(lastCall()).toMatchObject({ outcome: 'dropped', committed: false });

    const second = sandbox.faults.add({ on: 'token', fault });
    const answer = client.refresh(granted.refresh_token);
    await second.reached;
    second.release();
    expect((await answer).status).toBe(200);
    expect(sandbox.flint.violations).toEqual([]);
  });

  it('answer changes fields', async () => {
    sandbox.faults.add({
      on: 'token.refresh',
      fault: {
        kind: 'answer',
        set: { expires_in: 'soon', extra: 1 },
        omit: ['scope', 'token_type'],
      },
    });
    const { body } = await client.refresh(granted.refresh_token);
    expect(body).toMatchObject({ expires_in: 'soon', extra: 1, mode: 'test' });
    expect(body).not.toHaveProperty('scope');
    expect(body).not.toHaveProperty('token_type');
    expect(lastCall()).toMatchObject({ outcome: 'issued', committed: true });
  });

  it('P89: answer without refresh_token leaves the old one good', async () => {
    sandbox.faults.add({ on: 'token', fault: { kind: 'answer', omit: ['refresh_token'] } });
    const { body } = await client.refresh(granted.refresh_token);
    expect(body).not.toHaveProperty('refresh_token');
    expect((await client.api('/v1/orders', body.access_token)).status).toBe(200);
    expect(await stillGood()).toBe(true);
  });

  it('a request that is wrong anyway stays refused', async () => {
    sandbox.faults.add({ on: 'token', fault: { kind: 'delay', ms: 0 } });
    const answer = await client.token(
      { grant_type: 'refresh_token', refresh_token: granted.refresh_token },
      { authorization: client.basic('fps_wrong') },
    );
    expect(answer.status).toBe(401);
    expect(await stillGood()).toBe(true);
  });

  describe('which requests', () => {
    const kindOf = async (path: string) => (await client.api(path, granted.access_token)).status;

    it('P89: skip and times count matching requests only', async () => {
      const fault = sandbox.faults.add({
        on: 'api.orders',
        skip: 1,
        times: 2,
        fault: { kind: 'error', error: 'x', status: 503 },
      });
      await kindOf('/v1/customers');
      const statuses = [];
      for (let call = 0; call < 4; call += 1) statuses.push(await kindOf('/v1/orders'));
      expect(statuses).toEqual([200, 503, 503, 200]);
      expect(fault.remaining).toBe(0);
    });

    it('P89: the oldest that fits is played, once unless told otherwise', async () => {
      for (const status of [501, 502]) {
        sandbox.faults.add({ on: 'api', fault: { kind: 'status', status, body: {} } });
      }
      const statuses = [];
      for (let call = 0; call < 3; call += 1) statuses.push(await kindOf('/v1/orders'));
      expect(statuses).toEqual([501, 502, 200]);
    });

    it('a function chooses', async () => {
      sandbox.faults.add({
        on: ({ operation, environment_grant_id }) =>
          operation === 'token.refresh' && environment_grant_id === granted.environment_grant_id,
        fault: { kind: 'error', error: 'chosen' },
      });
      const other = sandbox.flint.issue({ merchant_id: 'mer_birch' });
      expect((await client.refresh(other.refresh_token)).status).toBe(200);
      expect((await client.refresh(granted.refresh_token)).body.error).toBe('chosen');
    });

    it('one grant only, all the time, until it is taken away', async () => {
      const other = sandbox.flint.issue({ merchant_id: 'mer_birch' });
      const fault = sandbox.faults.add({
        on: 'token',
        environment_grant_id: granted.environment_grant_id,
        times: Infinity,
        fault: { kind: 'error', error: 'x' },
      });
      for (let call = 0; call < 3; call += 1) {
        expect((await client.refresh(granted.refresh_token)).status).toBe(400);
      }
      expect((await client.refresh(other.refresh_token)).status).toBe(200);
      fault.remove();
      expect(await stillGood()).toBe(true);
    });

    it('codes, authorize and preview have names of their own', async () => {
      for (const on of ['token.code', 'authorize', 'preview'] as const) {
        sandbox.faults.add({ on, fault: { kind: 'error', error: 'here', status: 503 } });
      }
      expect(await stillGood()).toBe(true);
      expect((await client.exchange('fpac_x')).body.error).toBe('here');
      expect((await fetch(client.authorizeUrl())).status).toBe(503);
      const preview = client.authorizeUrl().replace('/authorize?', '/authorize/preview?');
      expect((await fetch(preview)).status).toBe(503);
    });

    it('P84: reset and clear let go what waits', async () => {
      const hold = sandbox.faults.add({ on: 'token', times: Infinity, fault: { kind: 'hold' } });
      const answer = client.refresh(granted.refresh_token);
      await hold.reached;
      sandbox.reset();
      expect((await answer).status).toBe(200);
      expect(sandbox.faults.list()).toEqual([]);
    });
  });

  it.each([
    ['on', { on: 'tokens', fault: { kind: 'hang' } }],
    ['times', { on: 'token', times: 0, fault: { kind: 'hang' } }],
    ['fault', { on: 'token' }],
    ['fault.kind', { on: 'token', fault: { kind: 'explode' } }],
    ['fault.ms', { on: 'token', fault: { kind: 'delay' } }],
    ['fault.to', { on: 'token', fault: { kind: 'redirect' } }],
    ['fault.status', { on: 'token', fault: { kind: 'status', status: 1000 } }],
    ['fault.after', { on: 'token', fault: { kind: 'hang', after: 1 } }],
    ['fault.omit[0]', { on: 'token', fault: { kind: 'answer', omit: [1] } }],
  ])('P83: refuses a rule with a wrong %s', (field, rule) => {
    const add = () => sandbox.faults.add(rule as never);
    expect(add).toThrow(expect.objectContaining({ field, name: 'InputError' }) as Error);
  });

  it('stops at once, even with requests that hang', async () => {
    const fault = sandbox.faults.add({ on: 'token', fault: { kind: 'hang' } });
    const answer = expect(post()).rejects.toThrow();
    await fault.reached;
    await sandbox.stop();
    await answer;
    const port = Number(new URL(sandbox.url).port);
    await expect(
      new Promise((resolve, reject) =>
        connect(port, '127.0.0.1', () => resolve(1)).on('error', reject),
      ),
    ).rejects.toThrow('ECONNREFUSED');
    sandbox = await Sandbox.start();
  });
});
