import type { Browser } from 'playwright-core';
import type { Adapter } from '../support/host.js';
import { startChromium } from './chromium.js';
import { HostApp } from './host-app.js';
import { Visitor } from './visitor.js';

/** A browser, the host app, and the people who use it. */
export class World {
  browser: Browser;
  host: HostApp;
  visitors: Visitor[] = [];

  async arrive(): Promise<Visitor> {
    const visitor = await Visitor.arrive(this.browser, this.host);
    this.visitors.push(visitor);
    return visitor;
  }
}

/** One host app per group of tests: the install routes let an address in 60 times a minute. */
export function withHost(
  adapter: Adapter,
  environment: () => Promise<NodeJS.ProcessEnv> = async () => ({}),
): World {
  const world = new World();
  beforeAll(async () => {
    world.browser = await startChromium();
    world.host = await HostApp.start(adapter, await environment());
  });
  beforeEach(() => {
    world.visitors = [];
  });
  // What holds for every page of every test.
  afterEach(async () => {
    world.host.assertRunning();
    expect(world.browser.isConnected()).toBe(true);
    const ends = await Promise.all(world.visitors.map((visitor) => visitor.leave()));
    expect(ends.flatMap(({ complaints }) => complaints)).toEqual([]);
    expect(ends.flatMap(({ leaks }) => leaks)).toEqual([]);
  });
  afterAll(async () => {
    await world.browser?.close();
    await world.host?.stop();
  });
  return world;
}
