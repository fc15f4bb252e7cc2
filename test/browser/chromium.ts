import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, chromium as Chromium } from 'playwright-core';

const load = createRequire(join(process.cwd(), 'package.json'));

const ARGUMENTS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Set by scripts/test.mjs; without it the browser suites are left out, which CI takes for a failure. */
export const CHROMIUM_PATH = process.env.CHROMIUM_PATH;

/** `further`: arguments for this one browser. */
export function startChromium(further: readonly string[] = []): Promise<Browser> {
  const { chromium } = load('playwright-core') as { chromium: typeof Chromium };
  return chromium.launch({
    executablePath: CHROMIUM_PATH as string,
    args: [...ARGUMENTS, ...further],
  });
}
