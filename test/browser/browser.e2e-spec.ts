import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { CHROMIUM_PATH } from './chromium.js';
import type { HostApp } from './host-app.js';
import {
  approve,
  cardOf,
  eventually,
  overflowOnPhone,
  photograph,
  refusal,
  secondsLeft,
} from './visitor.js';
import type { Visitor } from './visitor.js';
import { withHost } from './world.js';
import type { Adapter } from '../support/host.js';
import { ADAPTERS } from '../support/host.js';

jest.setTimeout(180_000);

const suite = CHROMIUM_PATH === undefined ? describe.skip : describe;

let host: HostApp;
let arrive: () => Promise<Visitor>;

function useHost(adapter: Adapter): void {
  const world = withHost(adapter);
  beforeAll(() => {
    host = world.host;
    arrive = () => world.arrive();
  });
}

/** A visitor who has connected Acorn Coffee. */
async function connected(
  mode: 'test' | 'live' = 'test',
): Promise<{ visitor: Visitor; page: Page }> {
  const visitor = await arrive();
  const page = await visitor.consent(mode);
  await approve(page);
  await cardOf(page, 'mer_acorn', mode).waitFor();
  return { visitor, page };
}

const idOf = (callback: string): string =>
  createHash('sha256')
    .update(new URL(callback).searchParams.get('state') ?? '')
    .digest('hex');

suite.each(ADAPTERS)('In a browser, on %s', (adapter) => {
  const picture = (page: Page, name: string): Promise<void> =>
    adapter === 'express' ? photograph(page, name) : Promise.resolve();

  describe('a merchant connects', () => {
    useHost(adapter);

    it('finds an empty home page that says so, on a phone too', async () => {
      const page = await (await arrive()).home();
      await page.getByText('No connection yet.').waitFor();
      expect(await page.title()).toBe('Nest Flock');
      expect(await overflowOnPhone(page)).toBe(0);
      await picture(page, 'home-empty');
    });

    it('S21 comes back to a clean URL; the callback is not stored and tells nobody where it was', async () => {
      const visitor = await arrive();
      const page = await visitor.consent();
      const callbackAnswer = page.waitForResponse((response) =>
        response.url().startsWith(`${host.url}/flint/oauth/callback`),
      );
      const homeRequest = page.waitForRequest((request) => request.url() === `${host.url}/`);
      await approve(page);
      const headers = await (await callbackAnswer).allHeaders();
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(await (await homeRequest).headerValue('referer')).toBeNull();
      expect(page.url()).toBe(`${host.url}/`);
      expect(await page.evaluate('document.referrer')).not.toMatch(/code|state/);
      await cardOf(page, 'mer_acorn').waitFor();
    });

    it.each(['test', 'live'] as const)(
      'sees an active connection in %s, its scopes, its orders, and what it may not do',
      async (mode) => {
        const { page } = await connected(mode);
        const card = cardOf(page, 'mer_acorn', mode);
        expect(await card.getAttribute('data-status')).toBe('active');
        expect(await card.locator('.scopes span').allInnerTexts()).toEqual([
          'commerce.orders.read',
          'commerce.orders.write',
          'customers.customers.read',
        ]);

        await card.getByRole('button', { name: 'Orders' }).click();
        await page.getByRole('heading', { name: 'Orders of' }).waitFor();
        const rows = page.getByRole('table').getByRole('row');
        expect(await rows.count()).toBe(4);
        expect(await rows.nth(1).innerText()).toMatch(/ord_\w+acorn_1\s+open\s+12\.50 USD/);
        expect(await overflowOnPhone(page)).toBe(0);
        await picture(page, `home-orders-${mode}`);

        await card.getByRole('button', { name: 'Payments' }).click();
        const answer = page.getByRole('region', { name: 'Answer' });
        await answer.getByText('Missing: payments.payment_intents.read').waitFor();
        expect(await answer.getByText('Code:').innerText()).toBe('Code: insufficient_scope');
        expect(await overflowOnPhone(page)).toBe(0);
        await picture(page, `missing-scope-${mode}`);
      },
    );

    it('watches the life of the token go down and rise again when it is renewed', async () => {
      await host.control('settings', { accessTokenSeconds: 10 });
      try {
        const { page } = await connected();
        const card = cardOf(page, 'mer_acorn');
        const life = () => secondsLeft(card);
        const first = await life();
        expect(first).toBeLessThanOrEqual(10);
        const lower = await eventually(life, (seconds) => seconds < first);
        expect(lower).toBeLessThan(first);
        let lowest = lower;
        const higher = await eventually(life, (seconds) => {
          lowest = Math.min(lowest, seconds);
          return seconds > lowest + 1;
        });
        expect(higher).toBeGreaterThan(lowest + 1);
        expect(await card.getAttribute('data-status')).toBe('active');
      } finally {
        await host.control('settings', { accessTokenSeconds: 60 });
      }
    });

    it('leaves the optional permission out, and is told by name which scope customers need', async () => {
      const visitor = await arrive();
      const page = await visitor.consent();
      await page.getByRole('checkbox', { name: 'Read customers' }).uncheck();
      await approve(page, 'Birch Books');
      const card = cardOf(page, 'mer_birch');
      await card.getByRole('button', { name: 'Customers' }).click();
      await page.getByText('Missing: customers.customers.read').waitFor();
      expect(await card.locator('.scopes span').allInnerTexts()).not.toContain(
        'customers.customers.read',
      );
    });

    it('disconnects, and connects again', async () => {
      const { page } = await connected();
      const card = cardOf(page, 'mer_acorn');
      await card.getByRole('button', { name: 'Disconnect' }).click();
      await card.getByText('revoked').waitFor();
      expect(await card.getByRole('button').count()).toBe(0);
      await picture(page, 'home-disconnected');

      await card.getByRole('link', { name: 'Reconnect' }).click();
      await approve(page);
      const orders = page.getByRole('button', { name: 'Orders' });
      await orders.click();
      await page.getByRole('heading', { name: 'Orders of' }).waitFor();
      expect(await page.locator('article[data-status="active"]').count()).toBe(1);
    });
  });

  describe('a merchant decides', () => {
    useHost(adapter);

    it('declines, is told so, and can start again', async () => {
      const visitor = await arrive();
      const page = await visitor.consent();
      expect(await overflowOnPhone(page)).toBe(0);
      await picture(page, 'consent');
      await page.getByRole('button', { name: 'Deny' }).click();
      await page.waitForURL((url) => url.hostname === 'localhost');
      expect(await refusal(page)).toEqual({
        code: 'install_denied',
        title: 'You declined the install',
      });
      expect(await overflowOnPhone(page)).toBe(0);
      await picture(page, 'declined');

      await page.getByRole('link', { name: 'Start again' }).click();
      await approve(page);
      await cardOf(page, 'mer_acorn').waitFor();
    });

    it('starts in two tabs and approves the second first: both connect', async () => {
      const visitor = await arrive();
      const first = await visitor.consent();
      const second = await visitor.consent();
      await approve(second, 'Birch Books');
      await cardOf(second, 'mer_birch').waitFor();
      await approve(first, 'Cedar Cycles');
      await cardOf(first, 'mer_cedar').waitFor();
      expect(await first.locator('article[data-status="active"]').count()).toBe(2);
      for (const merchant of ['mer_birch', 'mer_cedar']) {
        await cardOf(first, merchant).getByRole('button', { name: 'Orders' }).click();
        const order = `ord_${merchant.replace('mer', 'test')}_1`;
        await first.getByRole('cell', { name: order }).waitFor();
      }
      await picture(first, 'home-two-connections');
    });

    it('cannot go live before the merchant is onboarded', async () => {
      const visitor = await arrive();
      const page = await visitor.consent('live');
      const cedar = page.getByRole('radio', { name: 'Cedar Cycles' });
      expect(await cedar.isDisabled()).toBe(true);
      await page.getByText('Has not completed onboarding').waitFor();

      // Somebody who enables the choice by hand gets no further.
      await cedar.evaluate((input: { disabled: boolean }) => {
        input.disabled = false;
      });
      await cedar.check();
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.waitForURL((url) => url.hostname === 'localhost');
      expect((await refusal(page)).code).toBe('install_denied');
    });

    it('may not take a connection that another visitor holds', async () => {
      await connected('live');
      const other = await arrive();
      const page = await other.consent('live');
      await approve(page);
      expect(await refusal(page)).toEqual({
        code: 'connection_owned_elsewhere',
        title: 'Already connected for somebody else',
      });
      expect(await overflowOnPhone(page)).toBe(0);
      const home = await other.home();
      await home.getByText('No connection yet.').waitFor();
    });
  });

  describe('the callback of somebody else, or too late', () => {
    useHost(adapter);

    it('F39 says nothing to a browser without cookies, and the right browser still finishes', async () => {
      const visitor = await arrive();
      const callback = await visitor.approved();
      const stranger = await arrive();
      const { page, response } = await stranger.open(callback);
      expect(response.status()).toBe(400);
      expect(await refusal(page)).toEqual({
        code: 'state_unrecognised',
        title: 'This install link cannot be used here',
      });
      expect(await page.getByRole('link').count()).toBe(0);
      expect(await overflowOnPhone(page)).toBe(0);
      await picture(page, 'neutral');
      expect(await host.exchanges()).toBe(0);

      const { page: own } = await visitor.open(callback);
      await cardOf(own, 'mer_acorn').waitFor();
    });

    it('F39 says nothing to another browser that has an attempt of its own', async () => {
      const visitor = await arrive();
      const callback = await visitor.approved('mer_birch');
      const other = await arrive();
      await other.consent();
      const { page } = await other.open(callback);
      expect((await refusal(page)).code).toBe('state_unrecognised');
      const home = await other.home();
      await home.getByText('No connection yet.').waitFor();
      const { page: own } = await visitor.open(callback);
      await cardOf(own, 'mer_birch').waitFor();
    });

    it('F39 refuses when another user has signed in between', async () => {
      const visitor = await arrive();
      const callback = await visitor.approved('mer_cedar');
      const before = await host.exchanges();
      await visitor.context.addCookies([{ name: 'visitor', value: randomUUID(), url: host.url }]);
      const { page } = await visitor.open(callback);
      expect(await refusal(page)).toEqual({
        code: 'state_other_user',
        title: 'Started by another user',
      });
      expect(await host.exchanges()).toBe(before);
      expect(await overflowOnPhone(page)).toBe(0);
    });

    it('F40 refuses an attempt that took too long, and starting again works', async () => {
      const visitor = await arrive();
      const callback = await visitor.approved('mer_cedar');
      const before = await host.exchanges();
      await host.database.sql(
        'UPDATE flock_authorization_request SET expires_at = 0 WHERE id = ?',
        [idOf(callback)],
      );
      const { page } = await visitor.open(callback);
      expect(await refusal(page)).toEqual({
        code: 'state_expired',
        title: 'The install took too long',
      });
      expect(await host.exchanges()).toBe(before);
      await page.getByRole('link', { name: 'Start again' }).click();
      await approve(page, 'Cedar Cycles');
      await cardOf(page, 'mer_cedar').waitFor();
    });

    it.each(['a state that was never issued', 'no state'])('F40 refuses %s', async (which) => {
      const visitor = await arrive();
      await visitor.home();
      const state = which === 'no state' ? '' : `&state=${randomBytes(32).toString('base64url')}`;
      const { page } = await visitor.open(`/flint/oauth/callback?code=anything${state}`);
      expect((await refusal(page)).code).toBe('state_unrecognised');
    });

    it('does not let somebody install whom the app does not know', async () => {
      const { page, response } = await (await arrive()).open('/flint/install?mode=test');
      expect(response.status()).toBe(403);
      expect(await refusal(page)).toEqual({
        code: 'install_refused',
        title: 'This install is not permitted',
      });
    });
  });

  describe('the callback twice, or malformed', () => {
    useHost(adapter);

    it('F38 takes a repeated callback to the app when it had worked, and exchanges one code once', async () => {
      const visitor = await arrive();
      const callback = await visitor.approved();
      const before = await host.exchanges();
      await visitor.open(callback);
      const { page } = await visitor.open(callback);
      expect(page.url()).toBe(`${host.url}/`);
      await cardOf(page, 'mer_acorn').waitFor();
      expect(await host.exchanges()).toBe(before + 1);
    });

    it('F38 finishes once when two tabs open the callback at the same time', async () => {
      const { visitor } = await connected();
      const callback = await visitor.approved();
      const before = await host.exchanges();
      const tabs = await Promise.all([visitor.open(callback), visitor.open(callback)]);
      for (const { page } of tabs) {
        // The one that comes while the other is at work is told that it was already used.
        if (page.url() !== `${host.url}/`) {
          expect((await refusal(page)).code).toBe('state_reused');
        }
      }
      expect(tabs.some(({ page }) => page.url() === `${host.url}/`)).toBe(true);
      expect(await host.exchanges()).toBe(before + 1);
      const home = await visitor.home();
      expect(await cardOf(home, 'mer_acorn').first().getAttribute('data-status')).toBe('active');
    });

    it('F38 repeats why it failed when a failed callback comes again, even with a good code', async () => {
      const visitor = await arrive();
      const consent = await visitor.consent();
      const good = await host.approve(consent.url());
      const before = await host.exchanges();
      await consent.getByRole('button', { name: 'Deny' }).click();
      await consent.waitForURL((url) => url.hostname === 'localhost');
      const denied = consent.url();
      for (const url of [denied, good]) {
        const { page } = await visitor.open(url);
        expect((await refusal(page)).code).toBe('install_denied');
      }
      expect(await host.exchanges()).toBe(before);
    });

    it('F41 believes neither when a code comes beside an error', async () => {
      const visitor = await arrive();
      const callback = await visitor.approved('mer_birch');
      const before = await host.exchanges();
      const { page } = await visitor.open(`${callback}&error=access_denied`);
      expect(await refusal(page)).toEqual({
        code: 'callback_invalid',
        title: 'The answer was not valid',
      });
      expect(await overflowOnPhone(page)).toBe(0);
      expect(await host.exchanges()).toBe(before);
    });

    it.each(['code', 'state', 'mode'])('F41 refuses a callback with two %ss', async (name) => {
      const visitor = await arrive();
      const callback = await visitor.approved('mer_birch');
      const before = await host.exchanges();
      const { page } = await visitor.open(`${callback}&${name}=other`);
      expect((await refusal(page)).code).toBe('callback_invalid');
      expect(await host.exchanges()).toBe(before);
    });

    it.each(['https://evil.example/', '//evil.example/', '/\\evil.example/', 'evil.example'])(
      'S10: refuses an install that would return to %s, before the provider is asked',
      async (target) => {
        const visitor = await arrive();
        await visitor.home();
        const { page, response } = await visitor.open(
          `/flint/install?mode=test&return_to=${encodeURIComponent(target)}`,
        );
        expect(response.status()).toBe(400);
        expect(new URL(page.url()).origin).toBe(host.url);
        expect((await refusal(page)).code).toBe('install_invalid_request');
        expect(await overflowOnPhone(page)).toBe(0);
      },
    );
  });
});
