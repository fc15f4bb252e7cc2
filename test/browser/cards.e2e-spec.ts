import { Sandbox } from '@nest-flock/sandbox';
import type { Locator, Page } from 'playwright-core';
import { ADAPTERS } from '../support/host.js';
import { CHROMIUM_PATH } from './chromium.js';
import { eventually, overflowOnPhone, photograph } from './visitor.js';
import { withHost } from './world.js';

jest.setTimeout(180_000);

const suite = CHROMIUM_PATH === undefined ? describe.skip : describe;

const cardOf = (page: Page, title: string): Locator =>
  page.getByRole('region', { name: title, exact: true });
const answerOf = (page: Page, title: string): Locator =>
  page.getByRole('region', { name: `Answer of ${title}` });
/** The cells of an answer that shows one thing, by the names of their rows. */
async function fieldsOf(answer: Locator): Promise<Record<string, string>> {
  const rows = await answer.getByRole('row').all();
  const pairs = rows.map(async (row) => [
    await row.getByRole('rowheader').innerText(),
    await row.getByRole('cell').innerText(),
  ]);
  return Object.fromEntries((await Promise.all(pairs)) as [string, string][]);
}

suite.each(ADAPTERS)('The cards of the home page, on %s', (adapter) => {
  describe('with the sandbox', () => {
    const world = withHost(adapter);
    const picture = (page: Page, name: string): Promise<void> =>
      adapter === 'express' ? photograph(page, name) : Promise.resolve();

    it('shows all five providers, and how each stands', async () => {
      const page = await (await world.arrive()).home();
      await page.getByText('No connection yet.').waitFor();
      expect(await page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual([
        'Flint',
        'FlinksPay',
        'Fynd',
        'Flute',
        'Flex Pay',
        'Deliveries',
      ]);
      await cardOf(page, 'Fynd').getByText('Not launched in this browser.').waitFor();
      for (const [title, account] of [
        ['FlinksPay', 'Account default'],
        ['Flute', 'Account default · sandbox'],
        ['Flex Pay', 'Account default · pre-production'],
      ] as const) {
        const card = cardOf(page, title);
        await card.getByText(account, { exact: true }).waitFor();
        await card.getByText('active', { exact: true }).waitFor();
      }
      expect(await page.getByText('not configured').count()).toBe(0);
      expect(await overflowOnPhone(page)).toBe(0);
      await picture(page, 'cards');
    });

    it('Flute: lists transactions with a token whose life is shown', async () => {
      const page = await (await world.arrive()).home();
      const flute = cardOf(page, 'Flute');
      await flute.getByRole('button', { name: 'Transactions' }).click();
      const answer = answerOf(page, 'Flute');
      await answer.getByRole('heading', { name: 'Latest transactions' }).waitFor();
      expect(await answer.getByRole('row').count()).toBe(9);
      expect(await answer.getByRole('columnheader').allInnerTexts()).toEqual([
        'Time',
        'Amount',
        'Card',
        'Status',
        'Transaction',
      ]);
      const left = await eventually(
        () => flute.locator('.life span').last().innerText(),
        (text) => text.endsWith('s left'),
      );
      expect(Number.parseInt(left, 10)).toBeLessThanOrEqual(60);
      expect(await overflowOnPhone(page)).toBe(0);
      await picture(page, 'flute-transactions');
    });

    it('Flute: a payment is approved, and one that is declined is shown as declined', async () => {
      const page = await (await world.arrive()).home();
      const answer = answerOf(page, 'Flute');
      await page.getByRole('button', { name: 'Pay 12.50, approved' }).click();
      await answer.getByRole('heading', { name: 'Payment approved' }).waitFor();
      expect(await fieldsOf(answer)).toMatchObject({ Amount: '12.50 USD', Status: 'Captured' });

      await page.getByRole('button', { name: 'Pay 12.50, declined' }).click();
      await answer.getByRole('heading', { name: 'Payment declined' }).waitFor();
      expect(await fieldsOf(answer)).toMatchObject({
        Status: 'Declined',
        Declined: 'DoNotHonor',
        Card: '400000******0002',
      });
      await answer.getByText('nothing was paid').waitFor();
      expect(await overflowOnPhone(page)).toBe(0);
      await picture(page, 'flute-declined');
    });

    it('says that it works, cannot be pressed twice, and gives the focus back', async () => {
      const page = await (await world.arrive()).home();
      let go = (): void => undefined;
      const gate = new Promise<void>((resolve) => (go = resolve));
      let calls = 0;
      await page.route('**/flute/transactions', async (route) => {
        calls += 1;
        await gate;
        await route.continue();
      });
      const flute = cardOf(page, 'Flute');
      await flute.getByRole('button', { name: 'Transactions' }).focus();
      await page.keyboard.press('Enter');
      const working = flute.getByRole('button', { name: 'Working…' });
      await working.waitFor();
      expect(await working.isDisabled()).toBe(true);
      await page.keyboard.press('Enter');
      go();
      await answerOf(page, 'Flute').getByRole('heading', { name: 'Latest' }).waitFor();
      await flute.getByRole('button', { name: 'Transactions' }).waitFor();
      expect(calls).toBe(1);
      const focused = await eventually(
        () => page.evaluate<string>('document.activeElement.textContent'),
        (text) => text === 'Transactions',
      );
      expect(focused).toBe('Transactions');
    });

    it('FlinksPay: the payer approves on the hosted page, and the payment is accepted', async () => {
      const visitor = await world.arrive();
      const page = await visitor.home();
      const flinksPay = cardOf(page, 'FlinksPay');
      expect(await flinksPay.getByLabel('Name of the payer').inputValue()).toBe('Ada Byron');
      await flinksPay.getByLabel('Amount').fill('10.505');
      await flinksPay.getByRole('button', { name: 'Start a session' }).click();
      const answer = answerOf(page, 'FlinksPay');
      await answer.getByText('Code: invalid_amount').waitFor();
      await flinksPay.getByText('not started').waitFor();

      await flinksPay.getByLabel('Amount').fill('42.10');
      await flinksPay.getByRole('button', { name: 'Start a session' }).click();
      const session = flinksPay.getByRole('article').filter({ hasText: '42.10 CAD' });
      await session.getByText('started', { exact: true }).waitFor();
      expect(await session.locator('code').innerText()).toMatch(/^[\da-f-]{36}$/);
      await picture(page, 'flinks-pay-session');

      const opening = visitor.context.waitForEvent('page');
      await session.getByRole('link', { name: 'Hosted page' }).click();
      const hosted = await opening;
      expect(new URL(hosted.url()).origin).toBe(world.host.sandboxUrl);
      await hosted.getByRole('heading', { name: 'Pay 42.10 CAD' }).waitFor();
      await session.getByRole('button', { name: 'Payment status' }).click();
      await answer.getByRole('heading', { name: 'Payment of 42.10 CAD' }).waitFor();
      expect(await fieldsOf(answer)).toMatchObject({ Status: 'Initiated' });

      await hosted.getByRole('button', { name: 'Approve' }).click();
      await hosted.getByText('There is nothing left to do here.').waitFor();
      await session.getByRole('button', { name: 'Payment status' }).click();
      await session.getByText('Accepted', { exact: true }).waitFor();
      expect(await fieldsOf(answer)).toMatchObject({ Status: 'Accepted' });
      expect(await overflowOnPhone(page)).toBe(0);
      await picture(page, 'flinks-pay-accepted');

      const other = await (await world.arrive()).home();
      await other.getByText('No connection yet.').waitFor();
      expect(await cardOf(other, 'FlinksPay').getByRole('article').count()).toBe(0);
    });

    it('Flex Pay: an order is authorized after the buyer was approved, and not before', async () => {
      const page = await (await world.arrive()).home();
      const flexPay = cardOf(page, 'Flex Pay');
      const answer = answerOf(page, 'Flex Pay');
      await flexPay.getByRole('button', { name: 'Create an order' }).click();
      const order = flexPay.getByRole('article');
      await order.getByText('1064.10 USD').waitFor();
      const id = await order.locator('code').innerText();
      await picture(page, 'flex-pay-order');

      await order.getByRole('button', { name: 'Authorize' }).click();
      await answer.getByText('Code: provider_refused').waitFor();
      expect(await overflowOnPhone(page)).toBe(0);
      await picture(page, 'flex-pay-refused');

      await order.getByRole('link', { name: 'Buyer’s page' }).click();
      await page.getByRole('heading', { name: 'Pay monthly' }).waitFor();
      await page.getByText('USD 1064.10').waitFor();
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.waitForURL(`${world.host.url}/#flex-pay`);

      await order.getByRole('button', { name: 'Read order' }).click();
      await answer.getByRole('heading', { name: 'Order' }).waitFor();
      expect(await fieldsOf(answer)).toMatchObject({ Order: id, Price: '1064.10 USD' });
      await order.getByRole('button', { name: 'Authorize' }).click();
      await order.getByText('authorized', { exact: true }).waitFor();
      expect(await fieldsOf(answer)).toMatchObject({
        Status: 'AUTHORIZED',
        Authorized: '1064.10 USD',
      });
      expect(await overflowOnPhone(page)).toBe(0);
      await picture(page, 'flex-pay-authorized');
    });

    it('Fynd: a person launches, and sees channels with own rights and with the company’s', async () => {
      const page = await (await world.arrive()).home();
      const fynd = cardOf(page, 'Fynd');
      await fynd.getByRole('link', { name: 'Launch at Acorn Apparel' }).click();
      await page.getByRole('heading', { name: /^Install / }).waitFor();
      expect(new URL(page.url()).origin).toBe(world.host.sandboxUrl);
      expect(await overflowOnPhone(page)).toBe(0);
      await page.getByRole('radio', { name: 'Arun' }).check();
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.waitForURL(`${world.host.url}/`);

      const launch = fynd.getByRole('article');
      await launch.getByRole('heading', { name: 'Company 1 · user_arun' }).waitFor();
      expect(await launch.getByRole('progressbar').count()).toBe(2);
      const answer = answerOf(page, 'Fynd');
      await launch.getByRole('button', { name: 'Channels, as user_arun' }).click();
      await answer.getByRole('heading', { name: 'with the rights of user_arun' }).waitFor();
      expect(await answer.getByRole('row').allInnerTexts()).toEqual([
        expect.stringContaining('Domain') as string,
        expect.stringContaining('website.company1.example') as string,
        expect.stringContaining('mobile-app.company1.example') as string,
      ]);
      await launch.getByRole('button', { name: 'Channels, as the company' }).click();
      await answer.getByRole('heading', { name: 'with the rights of company 1' }).waitFor();
      expect(await answer.getByRole('row').count()).toBe(3);
      expect(await overflowOnPhone(page)).toBe(0);
      await picture(page, 'fynd-channels');

      await launch.getByRole('link', { name: 'Extension page' }).click();
      await page.getByRole('heading', { name: 'Sales channels of company 1' }).waitFor();
      await page.getByRole('cell', { name: 'mobile-app.company1.example' }).waitFor();
      expect(await overflowOnPhone(page)).toBe(0);
      await picture(page, 'fynd-extension');
      await page.getByRole('link', { name: 'All providers' }).click();

      await launch.getByRole('button', { name: 'Sign out' }).click();
      await fynd.getByText('Not launched in this browser.').waitFor();
      await page.goto(`${world.host.url}/company/1`);
      await page.getByText('Code: not_connected').waitFor();
      await picture(page, 'fynd-signed-out');

      // Consent was given: this launch passes through, and ends on the extension's own page.
      await page.getByRole('link', { name: 'Launch' }).click();
      await page.getByRole('cell', { name: 'mobile-app.company1.example' }).waitFor();
      expect(page.url()).toBe(`${world.host.url}/company/1`);
    });

    it('Fynd: whoever goes on to another company leaves the first', async () => {
      const page = await (await world.arrive()).home();
      const fynd = cardOf(page, 'Fynd');
      const launch = async (name: string, title: string) => {
        await fynd.getByRole('link', { name: `Launch at ${name}` }).click();
        const approve = page.getByRole('button', { name: 'Approve', exact: true });
        const there = fynd.getByRole('heading', { name: title });
        await approve.or(there).waitFor();
        if (await approve.isVisible()) await approve.click();
        await there.waitFor();
      };
      await launch('Birch Bazaar', 'Company 2 · user_bela');
      await launch('Acorn Apparel', 'Company 1 · user_a');
      expect(await fynd.getByRole('article').count()).toBe(1);
      await fynd.getByRole('button', { name: 'Channels, as the company' }).click();
      await page.getByRole('cell', { name: 'website.company1.example' }).waitFor();
    });
  });

  describe('with credentials of one provider', () => {
    let sandbox: Sandbox;
    const world = withHost(adapter, async () => {
      sandbox = await Sandbox.start({ providers: ['flute'] });
      const { key } = sandbox.flute;
      return {
        FLUTE_CLIENT_ID: key.client_id,
        FLUTE_CLIENT_SECRET: key.client_secret,
        FLUTE_SANDBOX_TOKEN_URL: sandbox.flute.tokenUrl('sandbox'),
        FLUTE_SANDBOX_API_URL: sandbox.flute.apiUrl('sandbox'),
        FLUTE_ENVIRONMENTS: 'sandbox',
      };
    });
    afterAll(() => sandbox.stop());

    it('runs that one without a sandbox, and says which variables the others want', async () => {
      const page = await (await world.arrive()).home();
      expect(world.host.sandboxUrl).toBeUndefined();
      expect(await page.getByText('not configured', { exact: true }).count()).toBe(4);
      await cardOf(page, 'FlinksPay').getByText('FLINKS_PAY_BASE_URL').waitFor();
      await cardOf(page, 'Flute').getByRole('button', { name: 'Transactions' }).click();
      await answerOf(page, 'Flute').getByRole('table').waitFor();
      expect(await overflowOnPhone(page)).toBe(0);
    });
  });
});
