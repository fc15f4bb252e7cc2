import { Logger } from '@nestjs/common';
import type { Connection } from '../provider/connection.js';
import type { RegisteredApp } from '../provider/registered-app.js';
import { InstalledHooks } from './installed-hooks.js';

describe('the hook of a finished install', () => {
  const said: unknown[] = [];
  const hooks = new InstalledHooks();
  const connection = { id: 'c1' } as Connection;
  const run = (installed: (() => unknown) | undefined) =>
    hooks.run(
      { definition: { title: 'Flint' }, hooks: { installed } } as unknown as RegisteredApp,
      connection,
      undefined,
    );

  beforeEach(() => {
    said.length = 0;
    jest.spyOn(Logger.prototype, 'error').mockImplementation((text) => said.push(text));
  });
  afterEach(() => jest.restoreAllMocks());

  it.each([
    () => {
      throw new Error('canary');
    },
    () => Promise.reject(new Error('canary')),
  ])('does not undo the install when it fails; what it says is not told', async (installed) => {
    await run(installed);
    expect(said).toEqual([expect.stringContaining('failed for connection c1')]);
    expect(said.join('')).not.toContain('canary');
  });

  it('may be none', async () => {
    await run(undefined);
    expect(said).toEqual([]);
  });
});
