import type { Locator, Page } from 'playwright-core';
import { ADAPTERS } from '../support/host.js';
import { CHROMIUM_PATH } from './chromium.js';
import { approve, cardOf, eventually, overflowOnPhone, photograph } from './visitor.js';
import { withHost } from './world.js';

jest.setTimeout(180_000);

const suite = CHROMIUM_PATH === undefined ? describe.skip : describe;

const deliveriesOf = (page: Page): Locator => page.getByRole('region', { name: 'Deliveries' });
const rowOf = (page: Page, type: string): Locator =>
  deliveriesOf(page)
    .getByRole('listitem')
    .filter({ has: page.getByText(type, { exact: true }) });

suite.each(ADAPTERS)('Deliveries on the home page, on %s', (adapter) => {
  const world = withHost(adapter);
  const picture = (page: Page, name: string): Promise<void> =>
    adapter === 'express' ? photograph(page, name) : Promise.resolve();

  /** A visitor's page with a merchant connected in test. */
  async function connected(merchant?: string): Promise<Page> {
    const page = await (await world.arrive()).consent();
    await approve(page, merchant);
    await page.locator('article[data-status="active"]').waitFor();
    return page;
  }

  it('says how to make one arrive while there is none', async () => {
    const page = await (await world.arrive()).home();
    await deliveriesOf(page).getByText('None yet. Connect a merchant').waitFor();
    await page.getByLabel('Failed only').check();
    await deliveriesOf(page).getByText('None has failed.').waitFor();
    expect(await overflowOnPhone(page)).toBe(0);
    await picture(page, 'deliveries-empty');
  });

  it('shows an event as it arrives, and one that comes twice once', async () => {
    const page = await connected();
    await page.getByRole('button', { name: 'Order is paid' }).click();
    await rowOf(page, 'order.paid').getByText('done', { exact: true }).waitFor();
    const line = rowOf(page, 'order.paid').getByText('Flint · mer_acorn · test · 1 attempt');
    expect(await line.innerText()).toMatch(/ · \d+ s ago$/);
    const status = deliveriesOf(page).getByRole('status');
    const said = await eventually(
      () => status.innerText(),
      (text) => text.includes('order.paid'),
    );
    expect(said).toMatch(/^Delivery order\.paid, (?:pending|done)/);

    await page.getByRole('button', { name: 'Paid, sent twice' }).click();
    await page.getByRole('heading', { name: 'Flint sent one event twice' }).waitFor();
    await rowOf(page, 'order.paid').nth(1).waitFor();
    // Another look or two, so that a copy would have come.
    await page.waitForTimeout(2_500);
    expect(await rowOf(page, 'order.paid').count()).toBe(2);
    const [newest] = await deliveriesOf(page).getByRole('listitem').allInnerTexts();
    expect(newest).toContain('order.paid');
    expect(await overflowOnPhone(page)).toBe(0);
    await picture(page, 'deliveries');
  });

  it('lets one that failed be looked at and replayed', async () => {
    const page = await connected('Birch Books');
    await page.getByLabel('Let the order handler fail').check();
    await page.getByRole('button', { name: 'Order is paid' }).click();
    const row = rowOf(page, 'order.paid').filter({ hasText: 'mer_birch' });
    await row.getByText('dead', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'deliveries (1 failed)' }).waitFor();
    await page.getByLabel('Failed only').check();
    await eventually(
      () => deliveriesOf(page).getByRole('listitem').count(),
      (count) => count === 1,
    );
    await row.getByRole('button', { name: 'Look at order.paid of mer_birch' }).click();
    const handler = row.getByRole('row').filter({ hasText: 'orders' });
    await handler.waitFor();
    expect(await handler.getByRole('cell').allInnerTexts()).toEqual([
      'orders',
      'dead',
      'OrderNotBooked',
      '3',
    ]);
    const body = await row.getByRole('group', { name: 'Body' }).innerText();
    expect(body).toContain('\n  "event_type": "order.paid",\n');
    expect(JSON.parse(body)).toMatchObject({ data: { merchant_id: 'mer_birch', mode: 'test' } });
    expect(await overflowOnPhone(page)).toBe(0);
    await picture(page, 'delivery-dead');

    await page.getByLabel('Let the order handler fail').uncheck();
    await row.getByRole('button', { name: 'Replay' }).click();
    await handler.getByText('done', { exact: true }).waitFor();
    // Also in the filter, which it is out of now.
    await row.locator('.pill.done').waitFor();
    await page.getByLabel('Failed only').uncheck();
    await row.locator('.pill.done').waitFor();
    await page.getByRole('link', { name: 'deliveries', exact: true }).waitFor();
    await picture(page, 'delivery-replayed');
  });

  it('shows that a merchant has disconnected at Flint, by itself', async () => {
    const page = await connected('Cedar Cycles');
    const card = cardOf(page, 'mer_cedar');
    await card.getByRole('button', { name: 'Revoke at Flint' }).click();
    await card.getByText('revoked: uninstalled').waitFor();
    await rowOf(page, 'partner_app.install.environment_grant.revoked').first().waitFor();
    expect(await overflowOnPhone(page)).toBe(0);
    await picture(page, 'disconnected-at-flint');

    await card.getByRole('link', { name: 'Reconnect' }).click();
    await approve(page, 'Cedar Cycles');
    await card.getByText('active', { exact: true }).waitFor();
    expect(await card.count()).toBe(1);
  });

  it('says so while there is no answer, and goes on when there is', async () => {
    const page = await (await world.arrive()).home();
    await deliveriesOf(page).getByRole('listitem').first().waitFor();
    const said = deliveriesOf(page).getByText('The store is away.');
    await page.route('**/operator/deliveries', (route) =>
      route.fulfill({ status: 502, json: { detail: 'The store is away.', code: 'away' } }),
    );
    await said.waitFor();
    // What was known is still there.
    expect(await deliveriesOf(page).getByRole('listitem').count()).toBeGreaterThan(0);
    await page.unroute('**/operator/deliveries');
    await said.waitFor({ state: 'hidden' });
  });

  it('Flute, FlinksPay and Fynd tell of what happened too', async () => {
    const visitor = await world.arrive();
    const page = await visitor.home();
    await page.getByRole('button', { name: 'Pay 12.50, approved' }).click();
    await rowOf(page, 'transaction.card.captured').getByText('done', { exact: true }).waitFor();

    await page.getByRole('button', { name: 'Start a session' }).click();
    const opening = visitor.context.waitForEvent('page');
    await page.getByRole('link', { name: 'Hosted page' }).click();
    await (await opening).getByRole('button', { name: 'Approve' }).click();
    await deliveriesOf(page)
      .getByText(/^FlinksPay · default/)
      .first()
      .waitFor();

    await page.getByRole('link', { name: 'Launch at Acorn Apparel' }).click();
    await page.getByRole('radio', { name: 'Asha' }).check();
    await page.getByRole('button', { name: 'Approve' }).click();
    const fynd = page.getByRole('region', { name: 'Fynd', exact: true });
    await fynd.getByRole('article').waitFor();
    // The company is subscribed once its connection was told of.
    await rowOf(page, 'connected')
      .filter({ hasText: 'company 1' })
      .getByText('done', { exact: true })
      .nth(1)
      .waitFor();
    await fynd.getByRole('button', { name: 'New product' }).click();
    const product = rowOf(page, 'company/product/create/v1').filter({ hasText: 'company 1' });
    await product.getByText('done', { exact: true }).waitFor();
    await fynd.getByRole('button', { name: 'Uninstall at Fynd' }).click();
    await rowOf(page, 'nest-flock.uninstalled').waitFor();
    expect(await overflowOnPhone(page)).toBe(0);
    await picture(page, 'deliveries-of-all');
  });
});
