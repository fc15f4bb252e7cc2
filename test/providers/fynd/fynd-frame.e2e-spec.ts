import type { INestApplication } from '@nestjs/common';
import type { TokenTransport } from '@nest-flock/core';
import { FyndModule } from '@nest-flock/fynd';
import { Sandbox } from '@nest-flock/sandbox';
import type { Browser, BrowserContext, FrameLocator, Page } from 'playwright-core';
import { UndiciTokenTransport } from '../../../libs/core/src/foundation/http/undici-token-transport.js';
import { CHROMIUM_PATH, startChromium } from '../../browser/chromium.js';
import { FyndController } from './fynd.controller.js';
import { sqliteDatabase } from '../../support/databases.js';
import type { TestDatabase } from '../../support/databases.js';
import { ADAPTERS, freePort } from '../../support/host.js';
import { startApp } from '../../support/start-app.js';
import { selfSigned, tlsFront } from '../../support/tls.js';
import type { TlsFront } from '../../support/tls.js';

jest.setTimeout(120_000);
const suite = CHROMIUM_PATH === undefined ? describe.skip : describe;

/** Two sites: what ends in .test has nothing in common but that. */
const PANEL = 'panel.test';
const EXTENSION = 'extension.test';

/** The names of this test exist in its browser only: token calls go straight to the sandbox. */
class StraightTransport extends UndiciTokenTransport implements TokenTransport {
  constructor(
    private readonly from: string,
    private readonly to: string,
  ) {
    super();
  }

  override send(...[request, deadlineMs]: Parameters<TokenTransport['send']>) {
    const url = request.url.replace(this.from, this.to);
    return super.send({ ...request, url }, deadlineMs);
  }
}

suite.each(ADAPTERS)('a Fynd launch in Chromium over https, on %s', (adapter) => {
  let sandbox: Sandbox;
  let panel: TlsFront;
  let panelOrigin: string;
  let extensionUrl: string;
  let database: TestDatabase;
  let app: INestApplication;
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    const certificate = selfSigned([PANEL, EXTENSION]);
    sandbox = await Sandbox.start({ providers: ['fynd'] });
    panel = await tlsFront(certificate, sandbox.url);
    panelOrigin = `https://${PANEL}:${panel.port}`;
    const port = await freePort();
    extensionUrl = `https://${EXTENSION}:${port}`;
    sandbox.fynd.setExtensionUrl(extensionUrl);
    database = await sqliteDatabase();
    app = await startApp({
      port,
      adapter,
      database,
      https: certificate,
      flock: { tokenTransport: new StraightTransport(panelOrigin, sandbox.url) },
      imports: [
        FyndModule.forRoot({
          clientId: sandbox.fynd.extension.client_id,
          clientSecret: sandbox.fynd.extension.client_secret,
          extensionUrl,
          baseUrl: `${panelOrigin}/fynd`,
          scopes: [...sandbox.fynd.extension.scopes],
          panelOrigins: [panelOrigin],
          clusterUrls: [sandbox.url],
        }),
      ],
      controllers: [FyndController],
    });
    browser = await startChromium([`--host-resolver-rules=MAP *.test 127.0.0.1`]);
  });
  beforeEach(async () => {
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    sandbox.fynd.settings.breakOut = false;
    sandbox.fynd.world.consents.clear();
    sandbox.reset();
  });
  afterEach(() => context.close());
  afterAll(async () => {
    await browser.close();
    await app.close();
    await panel.close();
    await sandbox.stop();
    await database.drop();
  });

  const frameOf = (page: Page): FrameLocator => page.frameLocator('iframe');
  const openPanel = async (): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(`${panelOrigin}/fynd/panel/company/1`);
    return page;
  };
  /** What a guarded route says to a page there. */
  const ask = (page: Page, path: string, frame = page.mainFrame()) =>
    frame.evaluate(async (url) => {
      const response = await fetch(url, { headers: { accept: 'application/json' } });
      return { status: response.status, body: await response.json() };
    }, path);
  const inner = async (page: Page) => {
    await page.waitForURL(() => true);
    const frame = page.frames().find((one) => one.url().startsWith(`${extensionUrl}/company/1`));
    if (frame === undefined) throw new Error('the frame does not show the extension');
    return frame;
  };

  it('completes in a frame of another site, with partitioned cookies', async () => {
    const page = await openPanel();
    await frameOf(page).getByRole('button', { name: 'Approve' }).click();
    await frameOf(page).getByText('"page":"extension"').waitFor();
    const frame = await inner(page);
    expect(await ask(page, '/company', frame)).toEqual({ status: 200, body: { account: '1' } });

    const cookies = (await context.cookies()).filter(({ name }) => name.includes('flock'));
    expect(cookies.map(({ name }) => name)).toContain('__Host-flock_embedded_session');
    for (const cookie of cookies) {
      expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'None' });
      expect(cookie).toMatchObject({ partitionKey: expect.stringContaining(PANEL) as string });
    }
    // Elsewhere this browser is nobody: the session belongs to the panel's frame.
    const alone = await context.newPage();
    await alone.goto(`${extensionUrl}/company/1`);
    expect((await ask(alone, '/company')).status).toBe(401);
    expect(sandbox.fynd.violations).toEqual([]);
  });

  it('the next launch passes without consent, and exchanges the online code alone', async () => {
    const first = await openPanel();
    await frameOf(first).getByRole('button', { name: 'Approve' }).click();
    await frameOf(first).getByText('"page":"extension"').waitFor();
    sandbox.reset();
    const second = await openPanel();
    await frameOf(second).getByText('"page":"extension"').waitFor();
    expect(sandbox.fynd.tokenCalls.map(({ path }) => path?.split('/').at(-1))).toEqual(['token']);
  });

  it('completes when the page breaks out of its frame: once more, in the new page', async () => {
    sandbox.fynd.settings.breakOut = true;
    const page = await openPanel();
    await frameOf(page).getByRole('link', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('"page":"extension"').waitFor();
    expect(page.url()).toBe(`${extensionUrl}/company/1`);
    expect(await ask(page, '/company')).toEqual({ status: 200, body: { account: '1' } });
    // The first answer came without its cookie and was not believed.
    const codes = sandbox.fynd.tokenCalls.map(({ code_fingerprint: code }) => code);
    expect(new Set(codes).size).toBe(1);
    expect(sandbox.fynd.violations).toEqual([]);
  });

  it('S2: an answer that comes without its cookie is not believed: the flow starts once more', async () => {
    const page = await context.newPage();
    const client = sandbox.fynd.extension.client_id;
    await page.goto(`${extensionUrl}/fp/install?company_id=1&client_id=${client}`);
    await context.clearCookies();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('"page":"extension"').waitFor();
    const callbacks = sandbox.fynd.tokenCalls.map(({ code_fingerprint: code }) => code);
    expect(new Set(callbacks).size).toBe(1);
  });

  it('only the panel may frame the flow', async () => {
    const page = await context.newPage();
    const response = await page.goto(`${extensionUrl}/fp/install?company_id=x`);
    const policy = response?.headers()['content-security-policy'] ?? '';
    expect(policy).toContain(`frame-ancestors ${panelOrigin}`);
  });
});
