import type { Locator, Page } from 'playwright-core';
import { ADAPTERS } from '../support/host.js';
import { CHROMIUM_PATH } from './chromium.js';
import { approve, cardOf, overflowOnPhone, photograph } from './visitor.js';
import { withHost } from './world.js';

jest.setTimeout(180_000);

const suite = CHROMIUM_PATH === undefined ? describe.skip : describe;

/** A button that asks once more and disarms itself after five seconds, however slow the machine is. */
async function pressTwice(within: Locator, first: string, second: string): Promise<void> {
  const again = within.getByRole('button', { name: second });
  for (;;) {
    await within.getByRole('button', { name: first }).click();
    const pressed = await again.click({ timeout: 4_000 }).then(
      () => true,
      () => false,
    );
    if (pressed) return;
  }
}

suite.each(ADAPTERS)('The administration of Flint, on %s', (adapter) => {
  const world = withHost(adapter);
  const picture = (page: Page, name: string): Promise<void> =>
    adapter === 'express' ? photograph(page, name) : Promise.resolve();
  const webhooks = (page: Page): Locator => page.locator('#app-webhooks').getByRole('article');

  it('shows the app of this host with the webhooks that were made at start', async () => {
    const page = await (await world.arrive()).home();
    await page.getByRole('link', { name: 'Administration' }).click();
    await page.getByRole('heading', { name: 'Nest Flock sandbox', level: 2 }).waitFor();
    expect(await webhooks(page).getByRole('heading').allInnerTexts()).toEqual([
      'Installs and their ends',
      'Events of merchants, test and live',
    ]);
    await page.getByText('No merchant has installed it.').waitFor();
    expect(await overflowOnPhone(page)).toBe(0);
    await picture(page, 'administration');
  });

  it('creates an app whose client secret is shown once, and its webhooks', async () => {
    const visitor = await world.arrive();
    const { page } = await visitor.open('/operator');
    await page.getByLabel('Name of a new app').fill('<b>Second</b> app');
    await page.getByLabel('Read customers').check();
    await page.getByRole('button', { name: 'Create the app' }).click();
    const answer = page.getByRole('region', { name: 'Answer of partner apps' });
    const secret = await answer.getByText('Client secret').locator('code').innerText();
    expect(await world.host.secrets()).toContain(secret);
    visitor.mayShowOnce(secret);
    await page.getByRole('heading', { name: '<b>Second</b> app', level: 2 }).waitFor();
    await page.getByText('permissions: manage orders, read customers').waitFor();
    expect(await overflowOnPhone(page)).toBe(0);
    await picture(page, 'app-created');
    await answer.getByRole('button', { name: 'I have kept it' }).click();
    await answer.waitFor({ state: 'hidden' });

    await page.getByText('No webhook: Flint tells this host nothing of the app.').waitFor();
    await page.getByRole('button', { name: 'Create the webhook' }).click();
    await page.getByText('Its secret is kept sealed').waitFor();
    await page.getByLabel('What it tells of').selectOption({ label: 'Events of the merchants' });
    await page.getByLabel('order.refunded').uncheck();
    await page.getByLabel('Mode').selectOption('live');
    await page.getByRole('button', { name: 'Create the webhook' }).click();
    const merchants = webhooks(page).filter({ hasText: 'Events of merchants, live' });
    await merchants.waitFor();
    expect(await merchants.locator('.scopes span').allInnerTexts()).toEqual([
      'order.created',
      'order.updated',
      'order.paid',
      'order.closed',
    ]);
    await page.getByLabel('What it tells of').selectOption({ label: 'Events of the merchants' });
    for (const type of await page.locator('#of-merchants [type=checkbox]').all()) {
      await type.uncheck();
    }
    await page.getByRole('button', { name: 'Create the webhook' }).click();
    await page.getByText('at least one event type').waitFor();
    await page.getByText('Code: invalid_request').waitFor();
    expect(await webhooks(page).count()).toBe(2);
    await pressTwice(merchants, 'Delete', 'Press again to delete');
    await merchants.waitFor({ state: 'detached' });
    expect(await webhooks(page).count()).toBe(1);

    await page.reload();
    await page.getByRole('heading', { name: '<b>Second</b> app', level: 4 }).waitFor();
    expect(await page.content()).not.toContain(secret);
  });

  it('lists installs and revokes one, which the card shows', async () => {
    const visitor = await world.arrive();
    const home = await visitor.consent();
    await approve(home);
    await cardOf(home, 'mer_acorn').getByText('active', { exact: true }).waitFor();
    const { page } = await visitor.open('/operator');
    const install = page.locator('#app-installs').getByRole('article');
    await install.getByText('test: active').waitFor();
    await picture(page, 'installs');
    await pressTwice(install, 'Revoke', 'Press again to revoke');
    await install.getByText('revoked', { exact: true }).waitFor();
    expect(await install.getByRole('button').count()).toBe(0);
    await cardOf(home, 'mer_acorn').getByText('revoked: uninstalled').waitFor();
  });

  it('refuses what another site posts, and names that are not its own', async () => {
    await world.arrive();
    const { url } = world.host;
    const post = (path: string, origin?: string) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(origin && { origin }) },
        body: '{"name":"Evil","permissions":["manage_orders"],"on":true}',
      });
    for (const path of ['/operator/flint/apps', '/sandbox/order-failure']) {
      expect((await post(path)).status).toBe(403);
      expect((await post(path, 'https://evil.example')).status).toBe(403);
    }
    const apps = await (await fetch(`${url}/operator/flint/apps`)).text();
    expect(apps).not.toContain('Evil');
  });
});
