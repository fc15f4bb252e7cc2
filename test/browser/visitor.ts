import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page, Response } from 'playwright-core';
import type { HostApp } from './host-app.js';

/** Longest wait for anything, on a machine that is busy with other work. */
export const PATIENCE_MS = 60_000;

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };
const SCREENSHOTS = join(process.cwd(), 'test', 'screenshots');

/** What tokens, codes and secrets look like, for those that no register knows. */
const SECRET_LIKE = /\b(?:fpat|fprt|fpac|fps|whsec)_|\beyJ[\w-]{10,}\./;

/** Reported by Chromium for every answer with an error status, which refusals are meant to have. */
const EXPECTED_STATUS =
  /^Failed to load resource: the server responded with a status of (?:4\d\d|502)/;
const REFUSING_PATHS =
  /^\/(?:flint\/(?:install|oauth\/callback)|orders|customers|payments|flinks-pay\/sessions|flex-pay\/orders\/[\w-]+\/authorization|fynd\/channels|fp\/(?:install|auth)|operator\/(?:deliveries|flint\/apps\/[\w-]+\/webhooks))(?:\?|$)/;

export type Mode = 'test' | 'live';

/** A person with a browser of their own: cookies, tabs, and a record of all that was shown. */
export class Visitor {
  private readonly shown: string[] = [];
  private readonly complaints: string[] = [];
  private readonly pending = new Set<Promise<void>>();
  private readonly once: string[] = [];

  private constructor(
    readonly host: HostApp,
    readonly context: BrowserContext,
  ) {}

  static async arrive(browser: Browser, host: HostApp): Promise<Visitor> {
    const context = await browser.newContext({ viewport: DESKTOP, colorScheme: 'light' });
    context.setDefaultTimeout(PATIENCE_MS);
    context.setDefaultNavigationTimeout(PATIENCE_MS);
    const visitor = new Visitor(host, context);
    await visitor.watch();
    return visitor;
  }

  /** A new tab with the home page of the app. */
  async home(): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(this.host.url);
    return page;
  }

  /** A new tab with any page of the app; answers what the server sent for it. */
  async open(url: string): Promise<{ page: Page; response: Response }> {
    const page = await this.context.newPage();
    const response = await page.goto(new URL(url, this.host.url).href);
    if (response === null) throw new Error(`${url} had no answer`);
    return { page, response };
  }

  /** A tab in which an install was started and the consent page shows. */
  async consent(mode: Mode = 'test'): Promise<Page> {
    const page = await this.home();
    await connect(page, mode);
    return page;
  }

  /** An attempt of this browser, approved by the merchant, whose answer was not yet opened. */
  async approved(merchantId?: string): Promise<string> {
    const page = await this.consent();
    const callback = await this.host.approve(page.url(), merchantId);
    await page.close();
    return callback;
  }

  async cookie(name: string): Promise<string | undefined> {
    const cookies = await this.context.cookies(this.host.url);
    return cookies.find((cookie) => cookie.name === name)?.value;
  }

  /** Disconnects all that this visitor holds: a merchant has one owner at a time. */
  private async letGo(): Promise<void> {
    const { request } = this.context;
    const answer = await request.get(`${this.host.url}/connections`);
    const { connections } = (await answer.json()) as {
      connections: { id: string; provider: string; status: string }[];
    };
    for (const { id, provider, status } of connections) {
      if (provider !== 'flint' || status === 'revoked') continue;
      await request.post(`${this.host.url}/flint/disconnect`, {
        headers: { 'X-Connection-Id': id, Accept: 'application/json', Origin: this.host.url },
        failOnStatusCode: true,
      });
    }
  }

  /** A secret that one answer may hold, and nothing else that is shown. */
  mayShowOnce(secret: string): void {
    this.once.push(secret);
  }

  /** Closes the browser; what it complained about, and what it showed that nobody may see. */
  async leave(): Promise<{ complaints: string[]; leaks: string[] }> {
    for (const page of this.context.pages()) this.shown.push(await page.content());
    await Promise.all(this.pending);
    await this.letGo();
    await this.context.close();
    const secrets = await this.host.secrets();
    for (const secret of this.once) {
      const at = this.shown.findIndex((text) => text.includes(secret));
      this.shown[at] = this.shown[at]?.replaceAll(secret, '') ?? `${secret} was never shown`;
    }
    const all = [...this.shown, this.host.log];
    const leaks = all.filter(
      (text) => SECRET_LIKE.test(text) || secrets.some((secret) => text.includes(secret)),
    );
    return { complaints: this.complaints, leaks };
  }

  private async watch(): Promise<void> {
    // The console says nothing of a violation that a page reports elsewhere or not at all.
    await this.context.addInitScript(
      `addEventListener('securitypolicyviolation', (event) =>
         console.error('CSP violation: ' + event.violatedDirective + ' ' + event.blockedURI));`,
    );
    this.context.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      const at = message.location().url;
      const path = at.startsWith(this.host.url) ? at.slice(this.host.url.length) : at;
      if (EXPECTED_STATUS.test(message.text()) && REFUSING_PATHS.test(path)) return;
      this.complaints.push(`${path}: ${message.text()}`);
    });
    this.context.on('weberror', (error) => {
      this.complaints.push(`${error.page()?.url()}: ${String(error.error())}`);
    });
    this.context.on('response', (response) => {
      if (!response.url().startsWith(this.host.url) || response.status() === 303) return;
      // A tab that went on has thrown the body away; what it shows later is looked at as well.
      const kept = response.text().then(
        (text) => void this.shown.push(text),
        () => undefined,
      );
      this.pending.add(kept);
      void kept.finally(() => this.pending.delete(kept));
    });
  }
}

/** Presses the connect button of the home page and waits for the consent page. */
export async function connect(page: Page, mode: Mode): Promise<void> {
  await page.getByRole('link', { name: `Connect in ${mode}` }).click();
  await page.getByRole('button', { name: 'Approve' }).waitFor();
}

export async function approve(page: Page, merchant = 'Acorn Coffee'): Promise<void> {
  await page.getByRole('radio', { name: merchant }).check();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL((url) => url.hostname === 'localhost');
}

/** The card of one connection on the home page. */
export function cardOf(page: Page, merchantId: string, mode: Mode = 'test'): Locator {
  return page
    .locator(`article[data-environment="${mode}"]`)
    .filter({ has: page.getByRole('heading', { name: merchantId }) });
}

/** Code and heading of a page of the install flow. */
export async function refusal(page: Page): Promise<{ code: string; title: string }> {
  return {
    code: await page.locator('small code').innerText(),
    title: await page.getByRole('heading', { level: 1 }).innerText(),
  };
}

/** Seconds that the token of a card has left. */
export async function secondsLeft(card: Locator): Promise<number> {
  return Number.parseInt(await card.locator('.life span').last().innerText(), 10);
}

/** How far a page reaches beyond the right edge of a narrow phone, in pixels. */
export async function overflowOnPhone(page: Page): Promise<number> {
  await page.setViewportSize(PHONE);
  // A busy browser lays the page out for the new width a frame or two later.
  const overflow = await page.evaluate<number>(`new Promise((done) => {
    const frame = requestAnimationFrame;
    const measure = () => done(document.scrollingElement.scrollWidth - innerWidth);
    const look = () =>
      frame(innerWidth === ${PHONE.width} ? () => frame(measure) : look);
    look();
  })`);
  await page.setViewportSize(DESKTOP);
  return Math.max(0, overflow);
}

/** Pictures of a page on a desktop and on a narrow phone, for people to look at. */
export async function photograph(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.setViewportSize(PHONE);
  await page.screenshot({ path: join(SCREENSHOTS, `${name}-phone.png`), fullPage: true });
  await page.setViewportSize(DESKTOP);
  await page.screenshot({ path: join(SCREENSHOTS, `${name}-desktop.png`), fullPage: true });
}

/** Asks again until the answer is as wanted; the last answer otherwise. */
export async function eventually<T>(
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (wanted(answer) || Date.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
