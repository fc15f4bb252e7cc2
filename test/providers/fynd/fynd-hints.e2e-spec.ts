import type { Connection } from '@nest-flock/core';
import { DeliveryStore } from '../../../libs/core/src/inbox/delivery.store.js';
import { Agent, request } from 'undici';
import { openssl } from '../../webhook/support/signers.js';
import { startFyndSuite } from './fynd-suite.js';
import type { FyndSuite } from './fynd-suite.js';
import { DATABASES } from '../../support/databases.js';
import { until } from '../../support/poll.js';

const [COMPANY, OTHER] = [1, 2];

describe.each(DATABASES)('posts that Fynd does not sign on %s', (_, open) => {
  let suite: FyndSuite;
  let companies: string[];

  beforeEach(async () => {
    suite = await startFyndSuite(open, {
      flock: { deliveries: { retryBaseMs: 20, retryCapMs: 50 } },
    });
    companies = suite.sandbox.fynd.companies.map(({ company_id }) => String(company_id));
  });
  afterEach(() => suite.stop());

  const company = (index: number) => companies[index - 1] as string;
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${suite.url}/fp/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return [answer.status, await answer.text()];
  };
  /** From another address of this machine. */
  const postFrom = async (localAddress: string, path: string, body: object) => {
    const dispatcher = new Agent({ localAddress });
    const answer = await request(`${suite.url.replace('localhost', '127.0.0.1')}/fp/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      dispatcher,
    });
    await answer.body.dump();
    await dispatcher.close();
    return answer.statusCode;
  };
  const uninstall = (id: string, more: object = {}) => ({
    client_id: suite.sandbox.fynd.extension.client_id,
    company_id: Number(id),
    ...more,
  });
  const signed = (body: string) => ({
    'x-fp-signature': openssl(
      Buffer.from(suite.sandbox.fynd.extension.client_secret),
      body,
    ).toString('hex'),
  });
  const tasks = (type = 'nest-flock.uninstalled') =>
    suite.sql('SELECT * FROM flock_delivery WHERE type = ? ORDER BY received_at', [type]);
  /** Each hint was looked at, and is done or waits for its next look. */
  const looked = (count = 1, type?: string) =>
    until(async () => {
      const rows = await tasks(type);
      const through = rows.filter(
        (row) => row.claim_id === null && (row.status !== 'pending' || row.handlers !== null),
      );
      return rows.length >= count && through.length === rows.length;
    });
  const connected = async (index: number): Promise<Connection> => {
    await suite.launch({ company: company(index) });
    return suite.company(company(index));
  };
  const status = async (connection: Connection) => String((await suite.row(connection.id)).status);
  const installedAgo = (connection: Connection, minutes: number) =>
    suite.sql('UPDATE flock_connection SET installed_at = ? WHERE id = ?', [
      Date.now() - minutes * 60_000,
      connection.id,
    ]);
  const calls = () => suite.sandbox.fynd.apiCalls.length + suite.sandbox.fynd.tokenCalls.length;

  it('P14: an uninstall that nobody signed changes nothing while Fynd honours the token', async () => {
    const connection = await connected(COMPANY);
    await installedAgo(connection, 60);
    expect(await post('uninstall', uninstall(company(COMPANY)))).toEqual([200, '{"success":true}']);
    await looked();
    expect(await status(connection)).toBe('active');
    expect(suite.sandbox.fynd.apiCalls.at(-1)).toMatchObject({ status: 200 });
    // And again after one minute, ten, and at the token's end.
    const [task] = await tasks();
    // A token that came after the hint needs no look at its own end.
    const rejected = await suite.tokens.getAccessToken(connection.id);
    await suite.tokens.getAccessToken(connection.id, { rejected });
    const looks: number[] = [];
    for (;;) {
      const [row] = await tasks();
      if (row?.status === 'done') break;
      const due = Number(row?.due_at);
      looks.push(Math.round((due - Number(row?.received_at)) / 60_000));
      await suite.sql(
        'UPDATE flock_delivery SET received_at = received_at - ?, due_at = 0 WHERE id = ?',
        [due - Date.now(), String(task?.id)],
      );
      // As if so much time had passed: the install is as long ago, the token ends as much sooner.
      await suite.sql(
        `UPDATE flock_connection SET installed_at = installed_at - ?, expires_at = expires_at - ?,
           refreshed_at = refreshed_at - ?`,
        Array<number>(3).fill(due - Date.now()),
      );
      await until(async () => {
        const [now] = await tasks();
        return now?.claim_id === null && (now.status === 'done' || Number(now.due_at) > 0);
      });
    }
    // The user's token, the one that is left of before, ends after two hours.
    expect(looks).toEqual([1, 10, 120]);
    expect(await status(connection)).toBe('active');
  });

  it('P14: an uninstall is believed when Fynd itself refuses the token', async () => {
    const connection = await connected(COMPANY);
    const other = await connected(OTHER);
    suite.sandbox.fynd.uninstall(Number(company(COMPANY)));
    await until(async () => (await status(connection)) === 'revoked');
    expect(await status(other)).toBe('active');
    const events = await suite.events();
    expect(events.map(({ actor, action, outcome }) => [actor, action, outcome])).toContainEqual([
      'provider',
      'uninstall',
      'revoked',
    ]);
  });

  it('an uninstall of another company changes nothing for it, however often', async () => {
    const [mine, other] = [await connected(COMPANY), await connected(OTHER)];
    const before = calls();
    const minute = () => Math.floor(Date.now() / 60_000);
    const from = minute();
    for (let copy = 0; copy < 50; copy += 1) {
      expect(await post('uninstall', uninstall(company(OTHER)))).toEqual([200, '{"success":true}']);
    }
    const minutes = 1 + minute() - from;
    await looked();
    expect(await Promise.all([mine, other].map(status))).toEqual(['active', 'active']);
    const looks = (await tasks()).length;
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThanOrEqual(minutes);
    // One look a minute at its two connections, the user's and the company's.
    expect(calls() - before).toBeLessThanOrEqual(2 * minutes);
  });

  it('S30, S38: what one address posts is limited, whatever a header says', async () => {
    const answers = new Set<string>();
    const started = performance.now();
    for (let number = 1; number <= 150; number += 1) {
      const headers = { 'x-forwarded-for': `10.0.0.${number}` };
      const answer = await post('uninstall', uninstall(String(1_000 + number)), headers);
      answers.add(JSON.stringify(answer));
    }
    expect(answers).toEqual(new Set([JSON.stringify([200, '{"success":true}'])]));
    // Sixty at once, and one more each second.
    const seconds = Math.ceil((performance.now() - started) / 1_000);
    const accepted = (await tasks()).length;
    expect(accepted).toBeGreaterThanOrEqual(60);
    expect(accepted).toBeLessThanOrEqual(60 + seconds);
    expect(await postFrom('127.0.0.2', 'uninstall', uninstall('999'))).toBe(200);
    const theirs = (await tasks()).filter(({ event_id }) => String(event_id).includes('/999/'));
    expect(theirs).toHaveLength(1);
  });

  it('S30: codes for one company are not tried one after the other', async () => {
    const started = performance.now();
    const guess = (number: number) => ({
      company_id: Number(company(COMPANY)),
      code: `guess-${number}`,
    });
    for (let number = 0; number < 20; number += 1) await post('auto_install', guess(number));
    // Nor from one address after the other.
    for (let number = 20; number < 40; number += 1)
      await postFrom('127.0.0.2', 'auto_install', guess(number));
    // Six at once, and one more every ten seconds.
    const more = Math.ceil((performance.now() - started) / 10_000);
    expect((await tasks('nest-flock.installed')).length).toBeLessThanOrEqual(6 + more);
  });

  it.each([
    ['another client', (id: string) => ({ client_id: 'someone', company_id: Number(id) })],
    ['no client', (id: string) => ({ company_id: Number(id) })],
    ['no company', () => ({ client_id: 'x' })],
    ['an odd company', (id: string) => ({ client_id: id, company_id: { $ne: 1 } })],
    ['no JSON object', () => '[1]'],
  ])('an uninstall with %s gets the same answer and does nothing', async (_name, body) => {
    const connection = await connected(COMPANY);
    const before = calls();
    expect(await post('uninstall', body(company(COMPANY)))).toEqual([200, '{"success":true}']);
    expect(await tasks()).toEqual([]);
    expect(calls()).toBe(before);
    expect(await status(connection)).toBe('active');
  });

  it('S27: a valid signature counts: it ends at once, without a call to Fynd', async () => {
    const connection = await connected(COMPANY);
    await suite.sql('UPDATE flock_connection SET installed_at = ?', [Date.now() - 600_000]);
    const before = calls();
    const body = JSON.stringify(uninstall(company(COMPANY)));
    expect(await post('uninstall', body, signed(body))).toEqual([200, '{"success":true}']);
    await until(async () => (await status(connection)) === 'revoked');
    expect(calls()).toBe(before);
  });

  it('S28: the signed body again, after a reinstall, is only a hint', async () => {
    const connection = await connected(COMPANY);
    await suite.sql('UPDATE flock_connection SET installed_at = ?', [Date.now() - 600_000]);
    const body = JSON.stringify(uninstall(company(COMPANY)));
    await post('uninstall', body, signed(body));
    await until(async () => (await status(connection)) === 'revoked');
    await connected(COMPANY);
    await suite.sql('UPDATE flock_connection SET installed_at = ?', [Date.now() - 600_000]);
    const first = () => tasks('nest-flock.uninstalled-by-provider');
    await until(async () => (await first())[0]?.status === 'done');
    // However long ago it was: what is known of it is kept for good.
    const yearAgo = Date.now() - 366 * 86_400_000;
    await suite.sql('UPDATE flock_delivery SET received_at = ?', [yearAgo]);
    await suite.app.get(DeliveryStore).prune();
    expect(await post('uninstall', body, signed(body))).toEqual([200, '{"success":true}']);
    expect(await first()).toMatchObject([{ received_at: expect.anything() as unknown }]);
    await looked();
    expect(await status(connection)).toBe('active');
  });

  it("S28: an auto-install's signed body is no uninstall", async () => {
    const connection = await connected(COMPANY);
    await suite.sql('UPDATE flock_connection SET installed_at = ?', [Date.now() - 600_000]);
    const body = JSON.stringify(uninstall(company(COMPANY), { code: 'captured' }));
    expect(await post('uninstall', body, signed(body))).toEqual([200, '{"success":true}']);
    expect(await tasks('nest-flock.uninstalled-by-provider')).toEqual([]);
    expect(await status(connection)).toBe('active');
  });

  it('S27: a wrong signature is none', async () => {
    const connection = await connected(COMPANY);
    await suite.sql('UPDATE flock_connection SET installed_at = ?', [Date.now() - 600_000]);
    const body = JSON.stringify(uninstall(company(COMPANY)));
    const wrong = { 'x-fp-signature': 'ab'.repeat(32) };
    expect(await post('uninstall', body, wrong)).toEqual([200, '{"success":true}']);
    await looked();
    expect(await status(connection)).toBe('active');
  });

  it.each([401, 403, 500])(
    'while Fynd answers the check with %s for other reasons, nothing changes',
    async (answer) => {
      const connection = await connected(COMPANY);
      await installedAgo(connection, 60);
      suite.sandbox.faults.add({
        on: ({ operation }) => operation.startsWith('api') || operation.startsWith('token'),
        times: Infinity,
        fault: { kind: 'status', status: answer === 401 ? 500 : answer },
      });
      await post('uninstall', uninstall(company(COMPANY)));
      await looked();
      expect(await status(connection)).toBe('active');
    },
  );

  describe('auto-install', () => {
    const accounts = () =>
      suite.sql("SELECT account, owner, status FROM flock_connection WHERE status = 'active'");

    it('P15: connects the company when Fynd confirms code and token; nobody owns it', async () => {
      suite.sandbox.fynd.autoInstall(Number(company(COMPANY)));
      await until(async () => (await accounts()).length === 1);
      expect(await accounts()).toEqual([
        { account: company(COMPANY), owner: null, status: 'active' },
      ]);
      const connection = await suite.company(company(COMPANY));
      expect(await suite.tokens.getAccessToken(connection.id)).toBeTruthy();
      // No browser has a session of it.
      expect((await suite.browser().open('/channels')).status).toBe(401);
      // The user who launches later takes it over.
      await suite.launch({ company: company(COMPANY) });
      expect((await suite.company(company(COMPANY))).id).toBe(connection.id);
    });

    it('P15: does nothing while there is an active connection', async () => {
      const connection = await connected(COMPANY);
      const before = await suite.row(connection.id);
      const exchanged = suite.sandbox.fynd.tokenCalls.length;
      suite.sandbox.fynd.autoInstall(Number(company(COMPANY)));
      await looked(1, 'nest-flock.installed');
      expect((await suite.row(connection.id)).generation).toBe(before.generation);
      expect((await suite.row(connection.id)).token_version).toBe(before.token_version);
      expect(suite.sandbox.fynd.tokenCalls).toHaveLength(exchanged);
    });

    it.each(['made-up', 'a'.repeat(3_000), '', { a: 1 }])(
      'stores nothing for a code that Fynd does not know (%#)',
      async (code) => {
        expect(
          await post('auto_install', {
            company_id: Number(company(COMPANY)),
            code,
            client_id: suite.sandbox.fynd.extension.client_id,
          }),
        ).toEqual([200, '{"message":"success"}']);
        if (code === 'made-up') await looked(1, 'nest-flock.installed');
        expect(await accounts()).toEqual([]);
        const circuits = await suite.sql('SELECT * FROM flock_circuit WHERE failures > 0');
        expect(circuits).toEqual([]);
      },
    );

    it("another company's code connects nobody", async () => {
      const { fynd } = suite.sandbox;
      const code = fynd.world.tokens.issueCode({
        extension: fynd.extension,
        company: fynd.companies[0] as never,
        user: (fynd.companies[0] as (typeof fynd.companies)[number]).users[0] as never,
        scopes: fynd.extension.scopes,
      });
      await post('auto_install', { company_id: Number(company(OTHER)), code });
      await looked(1, 'nest-flock.installed');
      expect(await accounts()).toEqual([]);
    });

    it('leaves a launch that comes in between alone', async () => {
      const held = suite.sandbox.faults.add({
        on: ({ operation }) => operation.startsWith('api'),
        fault: { kind: 'hold' },
      });
      suite.sandbox.fynd.autoInstall(Number(company(COMPANY)));
      await held.reached;
      const connection = await connected(COMPANY);
      const before = await suite.row(connection.id);
      held.release();
      await looked(1, 'nest-flock.installed');
      expect((await suite.row(connection.id)).generation).toBe(before.generation);
    });

    it('P15: stores nothing when a call with the new token fails', async () => {
      suite.sandbox.faults.add({
        on: ({ operation }) => operation.startsWith('api'),
        times: Infinity,
        fault: { kind: 'status', status: 403 },
      });
      suite.sandbox.fynd.autoInstall(Number(company(COMPANY)));
      await looked(1, 'nest-flock.installed');
      expect(await accounts()).toEqual([]);
    });
  });
});
