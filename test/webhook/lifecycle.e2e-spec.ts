import { AuditService, WebhookSecrets } from '@nest-flock/core';
import type { Connection, Delivery } from '@nest-flock/core';
import type { Sandbox } from '@nest-flock/sandbox';
import { randomUUID } from 'node:crypto';
import { RevocationService } from '../../libs/core/src/lifecycle/revocation/revocation.service.js';
import { DATABASES } from '../support/databases.js';
import { PATIENT } from '../support/host.js';
import { startInstance } from '../support/instance.js';
import { OrdersController } from '../support/orders.controller.js';
import { failureOf, until } from '../support/poll.js';
import { refreshCalls, startSuite } from '../support/suite.js';
import type { Suite } from '../support/suite.js';
import { withoutTimer } from '../support/without-timer.js';
import { standard, whsec } from './support/signers.js';
import { FlintHeard } from './support/webhook-host.js';

const SECRET = whsec('lifecycle');
const MINUTE = 60_000;

describe.each(DATABASES)('the life of a Flint connection on %s', (_, open) => {
  let suite: Suite;
  let heard: FlintHeard;

  beforeEach(async () => {
    suite = await startSuite(open, {
      controllers: [OrdersController],
      providers: [FlintHeard],
      flint: { webhookSecrets: [SECRET] },
      flock: { deliveries: { retryBaseMs: 20, retryCapMs: 100 } },
    });
    heard = suite.host.app.get(FlintHeard);
  });
  afterEach(() => suite.stop());

  /** An event as Flint would send it; `at` is Flint's time. */
  const send = async (
    event_type: string,
    data: object,
    { at = Date.now(), id = `msg_${randomUUID()}`, top = {} } = {},
  ): Promise<string> => {
    const body = JSON.stringify({
      webhook_event_id: id,
      event_type,
      partner_app_id: 'papp_1',
      api_version: '2026-09-07',
      created_at: new Date(at).toISOString(),
      data,
      ...top,
    });
    const { headers } = standard(body, SECRET, { id });
    const answer = await fetch(`${suite.host.url}/flint/webhooks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    expect(answer.status).toBe(200);
    return id;
  };
  const handled = (eventId: string) =>
    until(() => heard.all.find((one) => one.eventId === eventId));
  /** The install was so long ago, by Flint's clock, which is behind ours; when that was. */
  const installedAgo = async (id: string, ms: number, behindMs = 0) => {
    const at = Date.now() - ms;
    await suite.database.sql(
      'UPDATE flock_connection SET provider_time = ?, installed_at = ? WHERE id = ?',
      [at, at + behindMs, id],
    );
    return at;
  };
  /** The time of the install, as Flint has told it. */
  const toldTime = async (id: string) => Number((await suite.row(id)).provider_time);
  const grantRevoked = (connection: Connection, more: object = {}) => ({
    environment_grant_id: connection.account,
    partner_app_install_id: connection.install,
    merchant_id: connection.merchant,
    mode: connection.environment,
    status: 'revoked',
    granted_scopes: [],
    ...more,
  });
  const REVOKED = 'partner_app.install.environment_grant.revoked';
  const status = async (id: string) => String((await suite.row(id)).status);
  const audited = async (id: string) =>
    (await suite.host.app.get(AuditService).list({ connectionId: id })).map(
      ({ action, outcome, reason }) => [action, outcome, reason],
    );

  it('F44, F45, F51: a revocation ends it in every process, without a call to Flint', async () => {
    const connection = await suite.connect();
    const install = await installedAgo(connection.id, 20 * MINUTE, 8 * MINUTE);
    // Handles nothing: the handlers that are asked are those of this process.
    const process = await startInstance(suite, { flock: { background: false } });
    expect((await process.getAccessToken(connection.id)).tokens).toHaveLength(1);
    const { browser } = await suite.host.install({ merchant: 'mer_birch' });
    expect((await browser.open('/orders')).status).toBe(200);
    const birch = (await suite.connections.find({ merchant: 'mer_birch' }))
      .connections[0] as Connection;
    await installedAgo(birch.id, 10 * MINUTE);
    const calls = suite.sandbox.flint.tokenCalls.length + suite.sandbox.flint.apiCalls.length;
    // The first that is clear; the clocks are compared with themselves alone.
    const at = install + 5 * MINUTE + 1;
    await handled(await send(REVOKED, grantRevoked(connection), { at }));
    await until(async () => {
      const { errors } = await process.getAccessToken(connection.id);
      return errors.includes('connection_revoked');
    });
    const { errors } = await process.getAccessToken(connection.id);
    expect(errors).toEqual(['connection_revoked']);
    await handled(await send(REVOKED, grantRevoked(birch)));
    expect((await browser.open('/orders')).status).toBe(401);
    expect(suite.sandbox.flint.tokenCalls.length + suite.sandbox.flint.apiCalls.length).toBe(calls);
    expect(await suite.row(connection.id)).toMatchObject({
      status: 'revoked',
      status_reason: 'uninstalled',
      token_set: null,
    });
    expect((await audited(connection.id))[0]).toEqual(['uninstall', 'revoked', 'uninstalled']);
    const told = await until(() =>
      heard.of('revoked').find((one) => one.connection?.id === connection.id),
    );
    expect(told.payload).toMatchObject({ reason: 'uninstalled' });
    await process.stop();
  });

  it('F44: a renewal in flight cannot bring it back', async () => {
    const connection = await suite.connect();
    await installedAgo(connection.id, 10 * MINUTE);
    const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    const renewal = failureOf(suite.renew(connection.id));
    await held.reached;
    await handled(await send(REVOKED, grantRevoked(connection)));
    held.release();
    expect((await renewal).code).toBe('connection_revoked');
    expect(await suite.row(connection.id)).toMatchObject({ status: 'revoked', token_set: null });
  });

  it('F45: a late revocation of before the present install changes nothing', async () => {
    const former = await suite.connect();
    await installedAgo(former.id, 60 * MINUTE);
    const connection = await suite.connect();
    expect(connection.id).toBe(former.id);
    const before = refreshCalls(suite).length;
    const install = await toldTime(connection.id);
    const ignored = ['uninstall', 'ignored', 'older_than_install'];
    for (const at of [Date.now() - 30 * MINUTE, install - 5 * MINUTE - 1]) {
      await handled(await send(REVOKED, grantRevoked(connection), { at }));
      expect(await status(connection.id)).toBe('active');
      expect((await audited(connection.id))[0]).toEqual(ignored);
    }
    expect(refreshCalls(suite)).toHaveLength(before);
  });

  it.each([-5, 0, 5])(
    'F45: %s minutes apart Flint itself is asked: alive, it stays; dead, it ends',
    async (minutes) => {
      const connection = await suite.connect();
      const at = (await toldTime(connection.id)) + minutes * MINUTE;
      await handled(await send(REVOKED, grantRevoked(connection), { at }));
      expect(await status(connection.id)).toBe('active');
      expect((await audited(connection.id))[0]).toEqual(['uninstall', 'ignored', 'still_alive']);
      suite.sandbox.flint.revokeGrant(connection.account);
      await handled(await send(REVOKED, grantRevoked(connection), { at }));
      expect(await status(connection.id)).toBe('revoked');
    },
  );

  it('F45: while Flint gives no clear answer an ambiguous event waits, then decides', async () => {
    const connection = await suite.connect();
    const fault = suite.sandbox.faults.add({
      on: 'token.refresh',
      times: Infinity,
      fault: { kind: 'status', status: 503 },
    });
    const id = await send(REVOKED, grantRevoked(connection));
    await until(async () => {
      const [row] = await suite.database.sql(
        'SELECT due_at, claim_id FROM flock_delivery WHERE event_id = ?',
        [id],
      );
      return row?.claim_id === null && Number(row.due_at) > Date.now();
    });
    expect(await status(connection.id)).toBe('active');
    fault.remove();
    suite.sandbox.flint.revokeGrant(connection.account);
    await suite.database.sql('UPDATE flock_connection SET retry_at = NULL, claim_id = NULL');
    await suite.database.sql('UPDATE flock_delivery SET due_at = 0 WHERE event_id = ?', [id]);
    await until(async () => (await status(connection.id)) === 'revoked');
  });

  it('F45: an event about several waits while Flint gives no clear answer about one, whichever it is', async () => {
    // Only the event asks Flint: more failures would stop the endpoint.
    withoutTimer(suite.host, 'renewals');
    const both = [await suite.connect({ mode: 'test' }), await suite.connect({ mode: 'live' })];
    for (const { account, install } of both) {
      const fault = suite.sandbox.faults.add({
        on: 'token.refresh',
        times: Infinity,
        environment_grant_id: account,
        fault: { kind: 'status', status: 503 },
      });
      const id = await send('partner_app.install.revoked', {
        partner_app_install_id: install,
        status: 'revoked',
        granted_scopes: [],
      });
      const delivery = async () => {
        const [row] = await suite.database.sql(
          'SELECT status, due_at, claim_id FROM flock_delivery WHERE event_id = ?',
          [id],
        );
        return row as Record<string, unknown>;
      };
      const after = await until(async () => {
        const row = await delivery();
        const again = row.claim_id === null && Number(row.due_at) > Date.now();
        return (row.status !== 'pending' || again) && row;
      });
      expect(after.status).toBe('pending');
      fault.remove();
      await suite.database.sql('UPDATE flock_connection SET retry_at = NULL');
      await suite.database.sql('UPDATE flock_delivery SET due_at = 0 WHERE event_id = ?', [id]);
      await until(async () => (await delivery()).status === 'done');
      for (const one of both) expect(await status(one.id)).toBe('active');
    }
  });

  it('F45: where nobody knows when it was installed by their clock, Flint is asked', async () => {
    const connection = await suite.connect();
    // As after a reinstall by a release that does not keep the time.
    await suite.database.sql('UPDATE flock_connection SET provider_time = ?', [
      Date.now() - 60 * MINUTE,
    ]);
    await handled(await send(REVOKED, grantRevoked(connection), { at: Date.now() - 30 * MINUTE }));
    // And where the event does not say when it was.
    const birch = await suite.connect({ merchant: 'mer_birch' });
    const top = { created_at: undefined };
    await handled(await send(REVOKED, grantRevoked(birch), { top }));
    for (const { id } of [connection, birch]) {
      expect(await status(id)).toBe('active');
      expect((await audited(id))[0]).toEqual(['uninstall', 'ignored', 'still_alive']);
    }
  });

  it('S36: a tenant speaks of itself alone, and ends nobody', async () => {
    const mine = await suite.connect();
    await installedAgo(mine.id, 10 * MINUTE);
    const secret = whsec('mallory');
    await suite.host.app
      .get(WebhookSecrets)
      .add({ provider: 'flint', tenant: 'mer_mallory' }, secret);
    await suite.host.app
      .get(WebhookSecrets)
      .add({ provider: 'flint', tenant: 'mer_acorn' }, secret);
    const post = async (tenant: string, type: string, id: string) => {
      const data = grantRevoked(mine);
      const body = JSON.stringify({ webhook_event_id: id, event_type: type, data });
      const answer = await fetch(`${suite.host.url}/flint/webhooks/${tenant}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...standard(body, secret, { id }).headers },
        body,
      });
      expect(answer.status).toBe(200);
      return handled(id);
    };
    expect((await post('mer_mallory', REVOKED, 'msg_1')).connection).toBeUndefined();
    expect((await post('mer_mallory', 'order.paid', 'msg_2')).connection).toBeUndefined();
    expect((await post('mer_acorn', REVOKED, 'msg_3')).connection?.id).toBe(mine.id);
    expect(await status(mine.id)).toBe('active');
  });

  it('an install that ends takes all its grants along, and nobody else', async () => {
    const test = await suite.connect({ mode: 'test' });
    const live = await suite.connect({ mode: 'live' });
    const other = await suite.connect({ merchant: 'mer_birch' });
    expect(test.install).toBe(live.install);
    for (const { id } of [test, live, other]) await installedAgo(id, 10 * MINUTE);
    await handled(
      await send('partner_app.install.revoked', {
        partner_app_install_id: test.install,
        merchant_id: test.merchant,
        status: 'revoked',
        granted_scopes: [],
      }),
    );
    const found = await Promise.all([test, live, other].map(({ id }) => status(id)));
    expect(found).toEqual(['revoked', 'revoked', 'active']);
  });

  it('F47: scopes follow the newest event, in whatever order they come', async () => {
    // A renewal would bring scopes of its own.
    withoutTimer(suite.host, 'renewals');
    const connection = await suite.connect();
    await installedAgo(connection.id, 60 * MINUTE, 8 * MINUTE);
    const scopes = async () => (await suite.connections.get(connection.id)).scopes;
    const changed = (granted_scopes: string[], ago: number) =>
      send(
        'partner_app.install.environment_grant.updated',
        grantRevoked(connection, { status: 'active', granted_scopes }),
        { at: Date.now() - ago * MINUTE },
      ).then(handled);
    await changed(['customers.customers.read'], 61);
    expect(await scopes()).toEqual(connection.scopes);
    await changed(['customers.customers.read'], 58);
    expect(await scopes()).toEqual(['customers.customers.read']);
    await changed(['commerce.orders.read'], 20);
    expect(await scopes()).toEqual(['commerce.orders.read']);
    await changed(['customers.customers.read'], 30);
    expect(await scopes()).toEqual(['commerce.orders.read']);
    await changed(['commerce.orders.read', 'commerce.orders.write'], 10);
    expect(await scopes()).toEqual(['commerce.orders.read', 'commerce.orders.write']);
    // What changes nothing is the newest word all the same, and no change.
    await changed(['commerce.orders.write', 'commerce.orders.read'], 5);
    await changed(['customers.customers.read'], 8);
    expect(await scopes()).toEqual(['commerce.orders.read', 'commerce.orders.write']);
    const trail = await audited(connection.id);
    expect(trail.filter(([action]) => action === 'scopes')).toHaveLength(3);
    await until(() => heard.of('scopes_changed').length === 3);
    await suite.connect();
    await changed(['commerce.orders.read'], 5);
    expect(await scopes()).toEqual(connection.scopes);
  });

  it('F5: scopes that change while a renewal is under way do not cost the new token', async () => {
    // They make it due at once.
    withoutTimer(suite.host, 'renewals');
    const connection = await suite.connect();
    await installedAgo(connection.id, 60 * MINUTE);
    const held = suite.sandbox.faults.add({ on: 'token.refresh', fault: { kind: 'hold' } });
    const rejected = await suite.tokens.getAccessToken(connection.id);
    const renewing = suite.tokens.getAccessToken(connection.id, { rejected });
    await held.reached;
    const changed = grantRevoked(connection, {
      status: 'active',
      granted_scopes: ['commerce.orders.read'],
    });
    await handled(await send('partner_app.install.environment_grant.updated', changed));
    expect(await suite.row(connection.id)).toMatchObject({ scopes: 'commerce.orders.read' });
    held.release();
    const token = await renewing;
    expect(token).not.toBe(rejected);
    expect(await suite.tokens.getAccessToken(connection.id)).toBe(token);
    expect(await suite.row(connection.id)).toMatchObject({ status: 'active', token_version: 2 });
    expect(refreshCalls(suite)).toHaveLength(1);
  });

  it('F47: a guard obeys fewer scopes at once', async () => {
    const { browser } = await suite.host.install({
      query: 'mode=test&permission_ids=manage_orders,read_customers',
      permissions: ['manage_orders', 'read_customers'],
    });
    const [connection] = (await suite.connections.find({})).connections as [Connection];
    await installedAgo(connection.id, 60 * MINUTE);
    expect((await browser.open('/orders/customers')).status).toBe(200);
    await handled(
      await send(
        'partner_app.install.permissions_updated',
        {
          partner_app_install_id: connection.install,
          merchant_id: connection.merchant,
          status: 'active',
          granted_scopes: ['commerce.orders.read'],
        },
        { at: Date.now() - MINUTE },
      ),
    );
    const page = await browser.open('/orders/customers');
    expect([page.status, page.text.includes('customers.customers.read')]).toEqual([403, true]);
  });

  it.each(['flagged_for_review', 'pending_permission_upgrade', 'never_heard_of'])(
    'the unknown status %s changes nothing',
    async (unknown) => {
      const connection = await suite.connect();
      await installedAgo(connection.id, 60 * MINUTE);
      await handled(
        await send(
          'partner_app.install.updated',
          grantRevoked(connection, { status: unknown, granted_scopes: [] }),
        ),
      );
      expect(await suite.connections.get(connection.id)).toMatchObject({
        status: 'active',
        scopes: connection.scopes,
      });
    },
  );

  it('both envelopes lead to the connection, and never to another app or a guess', async () => {
    const test = await suite.connect({ mode: 'test' });
    const live = await suite.connect({ mode: 'live' });
    const of = async (data: object, top: object = {}): Promise<Delivery> =>
      handled(await send('order.paid', data, { top }));
    const partner = {
      source_type: 'installed_merchants',
      merchant_id: test.merchant,
      mode: 'live',
      partner_app_install_id: live.install,
      environment_grant_id: live.account,
    };
    expect((await of(partner)).connection?.id).toBe(live.id);
    const merchant = { merchant_id: test.merchant, mode: 'test', payload_version: 1 };
    expect((await of({ order_id: 'o' }, merchant)).connection?.id).toBe(test.id);
    // Two connections of the merchant fit; a stranger's grant under our merchant's name fits none.
    expect((await of({}, { merchant_id: test.merchant })).connection).toBeUndefined();
    expect((await of({ ...partner, merchant_id: 'mer_birch' })).connection).toBeUndefined();
    await suite.database.sql('UPDATE flock_connection SET app = ? WHERE id = ?', [
      'other',
      live.id,
    ]);
    expect((await of(partner)).connection).toBeUndefined();
  });

  it('S27: without a signature nothing of it happens', async () => {
    const connection = await suite.connect();
    await installedAgo(connection.id, 10 * MINUTE);
    const body = JSON.stringify({ event_type: REVOKED, data: grantRevoked(connection) });
    for (const headers of [{}, standard(body, whsec('attacker')).headers]) {
      const answer = await fetch(`${suite.host.url}/flint/webhooks`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      });
      expect([400, 401]).toContain(answer.status);
    }
    expect(await status(connection.id)).toBe('active');
    expect(
      await suite.database.sql("SELECT id FROM flock_delivery WHERE source = 'webhook'"),
    ).toEqual([]);
  });
});

/** A host that may administer its partner app. */
const asDeveloper = ({ flint }: Sandbox) => ({
  developerKey: flint.apiKey,
  partnerAppId: flint.app.partner_app_id,
  reconcileSeconds: 0,
});

describe.each(DATABASES)('the revocation at Flint on %s', (_, open) => {
  let suite: Suite;

  beforeEach(async () => {
    suite = await startSuite(open, { flint: asDeveloper, flock: { renewal: PATIENT } });
  });
  afterEach(() => suite.stop());

  const remote = (connection: Connection) =>
    suite.sandbox.flint.installs
      .flatMap((install) => install.environment_grants)
      .find((grant) => grant.environment_grant_id === connection.account)?.status;
  const told = (connection: Connection) =>
    until(async () => {
      const row = await suite.row(connection.id);
      return row.due_at === null && row.claim_id === null;
    });
  const failing = () =>
    suite.sandbox.faults.add({
      on: 'developer',
      times: Infinity,
      fault: { kind: 'status', status: 503 },
    });
  const failedOnce = (connection: Connection) =>
    until(async () => {
      const row = await suite.row(connection.id);
      return Number(row.failures) >= 1 && row.claim_id === null;
    });
  const dueNow = (connection: Connection) =>
    suite.database.sql(
      "UPDATE flock_connection SET due_at = 0 WHERE id = ? AND status = 'revoked'",
      [connection.id],
    );

  it('S34 F52: follows at once, and ends the grant alone', async () => {
    const test = await suite.connect({ mode: 'test' });
    const live = await suite.connect({ mode: 'live' });
    const held = suite.sandbox.faults.add({ on: 'developer', fault: { kind: 'hold' } });
    await suite.connections.disconnect(test.id, { actor: 'ops' });
    expect(String((await suite.row(test.id)).status)).toBe('revoked');
    await held.reached;
    expect(held.waiting).toBe(1);
    held.release();
    await told(test);
    expect([remote(test), remote(live)]).toEqual(['revoked', 'active']);
    const events = await until(async () => {
      const found = await suite.events(test.id);
      return found.some(({ action }) => action === 'revoke') && found;
    });
    expect(events.map(({ action, outcome }) => [action, outcome])).toContainEqual([
      'revoke',
      'revoked',
    ]);
  });

  it.each([404, 410])(
    'S34: a grant that Flint does not know (%d) counts as revoked',
    async (status) => {
      const connection = await suite.connect();
      suite.sandbox.faults.add({
        on: 'developer',
        times: Infinity,
        fault: { kind: 'status', status },
      });
      await suite.connections.disconnect(connection.id);
      await told(connection);
      const events = await until(async () => {
        const found = await suite.events(connection.id);
        return found.some(({ action }) => action === 'revoke') && found;
      });
      expect(events.map(({ action, outcome }) => [action, outcome])).toContainEqual([
        'revoke',
        'revoked',
      ]);
    },
  );

  it('F52: is repeated until Flint answers; here the connection is out meanwhile', async () => {
    const connection = await suite.connect();
    const fault = failing();
    await suite.connections.disconnect(connection.id);
    expect(await failureOf(suite.tokens.getAccessToken(connection.id))).toMatchObject({
      code: 'connection_revoked',
    });
    await failedOnce(connection);
    expect(remote(connection)).toBe('active');
    fault.remove();
    await dueNow(connection);
    await told(connection);
    expect(remote(connection)).toBe('revoked');
  });

  it('F52: is given up after a week without an answer, and says so; nothing of it is kept', async () => {
    const connection = await suite.connect();
    failing();
    await suite.connections.disconnect(connection.id);
    await failedOnce(connection);
    const daysGoBy = (days: number) =>
      suite.database.sql(
        'UPDATE flock_connection SET changed_at = changed_at - ?, due_at = 0 WHERE id = ?',
        [days * 86_400_000, connection.id],
      );
    const revocations = suite.host.app.get(RevocationService);
    await daysGoBy(6);
    await revocations.run();
    expect((await suite.row(connection.id)).due_at).not.toBeNull();
    await daysGoBy(2);
    await revocations.run();
    await told(connection);
    expect(await suite.row(connection.id)).toMatchObject({ status: 'revoked', token_set: null });
    const events = await until(async () => {
      const found = await suite.events(connection.id);
      return found.some(({ action }) => action === 'revoke') && found;
    });
    expect(events.map(({ action, outcome }) => [action, outcome])).toContainEqual([
      'revoke',
      'abandoned',
    ]);
    expect(remote(connection)).toBe('active');
  });

  it.each([404, 410])('F52: a grant that Flint no longer knows (%s) is revoked', async (gone) => {
    const connection = await suite.connect();
    suite.sandbox.faults.add({
      on: 'developer',
      times: Infinity,
      fault: { kind: 'status', status: gone },
    });
    await suite.connections.disconnect(connection.id);
    await told(connection);
    const events = await until(async () => {
      const found = await suite.events(connection.id);
      return found.some(({ action }) => action === 'revoke') && found;
    });
    expect(events.map(({ action, outcome }) => [action, outcome])).toContainEqual([
      'revoke',
      'revoked',
    ]);
  });

  it('F43: one that waits cannot hit a reconnect', async () => {
    const connection = await suite.connect();
    const fault = failing();
    await suite.connections.disconnect(connection.id);
    await failedOnce(connection);
    const again = await suite.connect();
    fault.remove();
    // Whatever it is due for now, it is no revocation.
    withoutTimer(suite.host, 'renewals');
    await suite.database.sql('UPDATE flock_connection SET due_at = 0 WHERE id = ?', [again.id]);
    const revocations = suite.host.app.get(RevocationService);
    await revocations.run();
    expect(await suite.connections.get(again.id)).toMatchObject({ status: 'active' });
    expect(await suite.renew(again.id)).toBeTruthy();
    expect(remote(again)).toBe('active');
  });

  it('F43: one that is in flight ends before a new code is exchanged', async () => {
    const connection = await suite.connect();
    const held = suite.sandbox.faults.add({
      on: 'developer',
      fault: { kind: 'hold', committed: false },
    });
    await suite.connections.disconnect(connection.id);
    await held.reached;
    const exchanged = () =>
      suite.sandbox.flint.tokenCalls.filter((call) => call.grant_type === 'authorization_code');
    const before = exchanged().length;
    const reconnect = suite.host.install();
    // The merchant has come back with the code, and waits.
    await until(async () => {
      const rows = await suite.database.sql(
        'SELECT consumed_at, outcome FROM flock_authorization_request',
      );
      return rows.some((row) => row.consumed_at !== null && row.outcome === null);
    });
    // Others come and go meanwhile.
    for (let other = 0; other < 10; other += 1) {
      expect((await suite.host.browser().open('/flint/install?mode=test')).status).toBe(303);
    }
    expect(exchanged()).toHaveLength(before);
    held.release();
    // What was approved before the revocation arrived ended with it: nothing dead is stored.
    expect((await reconnect).page.status).toBe(502);
    expect((await suite.connections.find({ status: 'active' })).connections).toEqual([]);
    const again = await suite.connect();
    expect(await suite.renew(again.id)).toBeTruthy();
    expect(remote(again)).toBe('active');
  });

  it('F43: none begins while a code is being exchanged', async () => {
    const connection = await suite.connect();
    const held = suite.sandbox.faults.add({
      on: 'token.code',
      fault: { kind: 'hold' },
    });
    const reconnect = suite.connect();
    await held.reached;
    await suite.connections.disconnect(connection.id);
    await suite.host.app.get(RevocationService).run();
    expect(remote(connection)).not.toBe('revoked');
    // Not before a minute is over: an exchange has ended by then, or died with its process.
    const consumed = (secondsAgo: number) =>
      suite.database.sql(
        'UPDATE flock_authorization_request SET consumed_at = ? WHERE outcome IS NULL AND consumed_at IS NOT NULL',
        [Date.now() - secondsAgo * 1_000],
      );
    await consumed(10);
    await suite.host.app.get(RevocationService).run();
    expect(remote(connection)).not.toBe('revoked');
    // Nor when the attempt would have expired meanwhile: it was in time.
    await suite.database.sql(
      'UPDATE flock_authorization_request SET expires_at = ? WHERE outcome IS NULL',
      [Date.now() - 5_000],
    );
    await suite.host.app.get(RevocationService).run();
    expect(remote(connection)).not.toBe('revoked');
    held.release();
    const again = await reconnect;
    expect(await suite.renew(again.id)).toBeTruthy();
  });
});
