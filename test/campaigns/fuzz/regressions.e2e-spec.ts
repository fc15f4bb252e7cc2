import { ConnectionService } from '@nest-flock/core';
import { Sandbox } from '@nest-flock/sandbox';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '../../../libs/core/src/foundation/configuration/read-options.js';
import { writeScopes } from '../../../libs/core/src/connection/connection.row.js';
import { readDeliveryRow } from '../../../libs/core/src/inbox/delivery.row.js';
import { AttemptCookies } from '../../../libs/core/src/install/attempt-cookies.js';
import { isInstallRefusal } from '../../../libs/core/src/install/install-refusals.js';
import type { RegisteredApp } from '../../../libs/core/src/provider/registered-app.js';
import { RescueStore } from '../../../libs/core/src/token/rescue/rescue.store.js';
import { readGrantedScopes } from '../../../libs/core/src/token/renewal/token-result.js';
import { readWebhookEvent } from '../../../libs/core/src/provider/read-webhook-event.js';
import {
  readFlexPayProblem,
  readTokenProblem,
} from '../../../libs/flex-pay/src/flex-pay.problem.js';
import { readPartnerApp } from '../../../libs/flint/src/administration/flint.partner-app.js';
import { checkWebhook } from '../../../libs/flint/src/administration/flint.webhook-input.js';
import { flint } from '../../../libs/flint/src/flint.definition.js';
import { itemsOf } from '../../../libs/flute/src/flute.pages.js';
import { webhookBody } from '../../../libs/flute/src/webhooks/flute.webhook-input.js';
import { checkInput } from '../../../libs/fynd/src/webhooks/fynd.webhook-input.js';
import { readSubscribers } from '../../../libs/fynd/src/webhooks/subscriber.js';
import { sqliteDatabase } from '../../support/databases.js';
import { failureOf, until } from '../../support/poll.js';
import { startSuite } from '../../support/suite.js';
import { PLANNED } from './support/campaign.js';

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

describe('what random input has broken once', () => {
  it('a campaign is of a hundred thousand cases', () => {
    const all = Object.values(PLANNED).reduce((sum, one) => sum + one, 0);
    expect(all).toBeGreaterThanOrEqual(100_000);
  });

  it('a scope that no store keeps does not cost the token that came with it', () => {
    expect(readGrantedScopes('a b\u0000c d')).toBe('a d');
    expect(readGrantedScopes('\u0000')).toBeUndefined();
    expect(readGrantedScopes('x '.repeat(20_000))).toBeUndefined();
    expect(writeScopes(['a', 'b\u0000'])).toBe('a');
  });

  it('an event with an id that no row can have names nobody, rather than everybody beside it', () => {
    const app = { definition: flint.definition, options: {} } as unknown as RegisteredApp;
    const of = (grant: unknown) => ({
      event_type: 'partner_app.install.environment_grant.revoked',
      data: { environment_grant_id: grant, partner_app_install_id: 'install' },
    });
    expect(readWebhookEvent(app, of('g\u0000'), undefined)).toEqual({
      type: 'partner_app.install.environment_grant.revoked',
    });
    const unnamed = readWebhookEvent(app, of(7), undefined);
    expect(unnamed).toMatchObject({ install: 'install' });
    // It was one grant that ended: without its id nothing is done to the install.
    expect(flint.definition.webhooks?.lifecycle?.(unnamed!, of(7))).toBeUndefined();
  });

  it('a member of an answer that is no text or number does not pass for a status', () => {
    const body = (statusCode: unknown) => ({ codeName: 'X', message: 'm', statusCode });
    expect(readTokenProblem(body({ toString: 0 }), 403)).toBe('ip_not_allowed');
    expect(readFlexPayProblem(body({ toString: 0 }), 403)).toMatchObject({
      kind: 'ip_not_allowed',
    });
    expect(readTokenProblem(body('403'), 403)).toBeUndefined();
  });

  it('a list of what a webhook sends may hold anything: the error names the field', () => {
    const odd = { toString: 0 };
    const url = 'https://x.example/hooks';
    const list = { name: 'x', url, sourceType: 'app', eventTypes: [odd] } as never;
    expect(() => webhookBody(list)).toThrow(/"eventTypes" is not usable/);
    expect(() => checkWebhook(list)).toThrow(/"eventTypes" is not usable/);
    for (const event of [null, odd, { category: odd }]) {
      const fynd = { url, notificationEmail: 'a@x.example', events: [event] };
      expect(() => checkInput(fynd as never)).toThrow(/"events\[0\]\.category" is not usable/);
    }
  });

  it.each(['null', '[]', '7', '{"a":null}', '{"a":{"state":"weird"}}', '{'])(
    'handlers that were edited to %s begin anew',
    (handlers) => {
      const row = readDeliveryRow({ handlers, attempts: '&', runs: -7 });
      expect(row).toMatchObject({ handlers: {}, attempts: 0, runs: 0 });
    },
  );

  it('names of every object are no names of ours', () => {
    expect(isInstallRefusal('constructor')).toBe(false);
    const { problems } = readOptions({}, 'X_', { constructor: 1 } as never, {});
    expect(problems).toHaveLength(1);
  });

  it('a browser with hundreds of attempts gets an answer whose headers pass a proxy', () => {
    const cookie = Array.from({ length: 300 }, (_, one) => `flock_attempt_${one}=1.x`).join('; ');
    const request = { method: 'GET', url: '/', headers: { cookie } };
    const cookies = new AttemptCookies({ secure: false, embedded: false });
    expect(cookies.begin(request, 'ab'.repeat(32), 'b').join('\n').length).toBeLessThan(4_096);
  });

  it('answers that nest without end, or are objects where names belong, are answers', async () => {
    const ids = { partner_app_id: 'a', client_id: 'c' };
    expect(readPartnerApp({ ...ids, deep: nested(20_000) })?.partnerAppId).toBe('a');
    const page = { items: [nested(20_000)], pageInfo: { hasMore: true, pageIndex: 0 } };
    const read = async () => {
      const client = { get: async () => ({ status: 200, headers: {}, data: page }) as never };
      for await (const item of itemsOf(client, '/x', {})) void item;
    };
    expect(await failureOf(read())).toMatchObject({ code: 'provider_unavailable' });
    const event_configs = [{ event_category: { toString: 1 }, event_name: [[]], version: 1 }];
    expect(readSubscribers({ items: [{ event_configs }] })?.[0]?.events).toHaveLength(1);
  });

  it('F4: what lies in the rescue folder and is no record of the attempt that it is named after stays there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'flock-rescue-'));
    const file = (attempt: string) =>
      join(folder, `${hostname()}.999999999.deadbeef.${attempt}.json`);
    const attempts = Array.from({ length: 4 }, (_, index) => String(index).repeat(32));
    const record = { version: 1, kind: 'tokens', provider: 'p', app: 'a', data: {} };
    const [directory, link, traversal, sound] = attempts.map(file) as [
      string,
      string,
      string,
      string,
    ];
    mkdirSync(directory);
    symlinkSync('/etc/hostname', link);
    writeFileSync(traversal, JSON.stringify({ ...record, attemptId: '/../../elsewhere' }));
    writeFileSync(sound, JSON.stringify({ ...record, attemptId: attempts[3] }));
    const { records, unreadable } = new RescueStore(folder, '0123abcd').adopt();
    expect(records).toMatchObject([{ attemptId: attempts[3] }]);
    expect(unreadable).toHaveLength(3);
    expect(readdirSync(folder)).toHaveLength(4);
    rmSync(folder, { recursive: true });
  });

  it('F37: a server that is no URL makes one connection unreadable; those that were due with it are renewed', async () => {
    // A claim that is left behind would hold them up for longer than this test waits.
    const suite = await startSuite(sqliteDatabase, {
      flock: { renewal: { httpTimeoutMs: 600_000 } },
    });
    const [spoilt, sound] = [await suite.connect(), await suite.connect({ merchant: 'mer_birch' })];
    const version = async () => Number((await suite.row(sound.id)).token_version);
    const before = await version();
    await suite.database.sql("UPDATE flock_connection SET server_url = 'nonsense' WHERE id = ?", [
      spoilt.id,
    ]);
    await suite.database.sql('UPDATE flock_connection SET due_at = ?', [Date.now() - 1_000]);
    await until(async () => (await version()) > before);
    const failure = await failureOf(
      suite.host.app
        .get(ConnectionService)
        .get(spoilt.id)
        .then(() => suite.tokens.getAccessToken(spoilt.id)),
    );
    expect(failure).toMatchObject({ code: 'connection_unreadable' });
    expect(await suite.row(spoilt.id)).toMatchObject({ status: 'active', unknown_outcomes: 0 });
    await suite.stop();
  });

  it('a port that is none is said, not thrown', async () => {
    expect(await failureOf(Sandbox.start({ port: 70_000 }))).toMatchObject({
      name: 'SandboxError',
    });
  });
});
