import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from './sandbox.js';
import { SandboxModule } from './sandbox.module.js';
import { FlintClient } from './testing/flint-client.js';

describe('Sandbox', () => {
  it('P82: does not start in production', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      await expect(Sandbox.start()).rejects.toThrow('NODE_ENV=production');
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });

  it('says what is wrong at the start', async () => {
    await expect(Sandbox.start({ providers: ['nobody' as 'flint'] })).rejects.toThrow('nobody');
    const settings = { accessTokenSeconds: 'long' as never };
    await expect(Sandbox.start({ flint: settings })).rejects.toThrow('accessTokenSeconds');
    const first = await Sandbox.start();
    const port = Number(new URL(first.url).port);
    await expect(Sandbox.start({ port })).rejects.toThrow('EADDRINUSE');
    await first.stop();
  });

  it('P82: is on the loopback interface, at a base URL with a path', async () => {
    const sandbox = await Sandbox.start({
      flint: {
        clientId: 'fpc_mine',
        clientSecret: 'fps_mine',
        redirectUris: ['http://localhost:1/cb'],
      },
    });
    expect(sandbox.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    // Of this interface alone: another address of this machine is not listened on.
    const elsewhere = sandbox.url.replace('127.0.0.1', '127.0.0.2');
    await expect(fetch(elsewhere)).rejects.toThrow();
    expect(sandbox.flint.url).toBe(`${sandbox.url}/flint`);
    expect(sandbox.flint.app).toMatchObject({ client_id: 'fpc_mine', client_secret: 'fps_mine' });
    expect(sandbox.flint.app.redirect_uris).toEqual([
      'http://localhost:3000/flint/oauth/callback',
      'http://127.0.0.1:3000/flint/oauth/callback',
      'http://localhost:1/cb',
    ]);
    const secret = (await Sandbox.start().then(async (other) => (await other.stop(), other))).flint
      .app.client_secret;
    expect(secret).toMatch(/^fps_[\da-f]{48}$/);
    await sandbox.stop();
  });

  it('P86: has the settings of Flint that its README tells', async () => {
    const readme = readFileSync(join(process.cwd(), 'libs', 'sandbox', 'README.md'), 'utf8');
    const [, table = ''] = /### Settings\n([\s\S]*?)\nFlint does not/.exec(readme) ?? [];
    const rows = [...table.matchAll(/^\| `(\w+)` +\| (\S.*?) +\|/gm)];
    const told = rows.map(([, name = '', text = '']) => [name, text.replaceAll('`', '')]);
    const sandbox = await Sandbox.start();
    const { settings } = sandbox.flint;
    await sandbox.stop();
    const print = (value: unknown) =>
      typeof value === 'object'
        ? `{ kind: '${(value as { kind: string }).kind}' }`
        : JSON.stringify(value).replaceAll('"', '');
    expect(Object.fromEntries(told)).toEqual({
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, print(value)])),
      scopesOverride: 'none',
    });
  });

  it('keeps sandboxes apart', async () => {
    const [one, other] = [await Sandbox.start(), await Sandbox.start()];
    const { refresh_token } = one.flint.issue();
    expect((await new FlintClient(other).refresh(refresh_token)).body.error).toBe('invalid_grant');
    one.faults.add({ on: 'token', fault: { kind: 'hang' } });
    expect(other.faults.list()).toEqual([]);
    await Promise.all([one.stop(), other.stop()]);
  });

  it('P82: runs as a Nest module, for as long as the app', async () => {
    @Injectable()
    class Reader {
      constructor(readonly sandbox: Sandbox) {}
    }
    @Module({ providers: [Reader] })
    class Feature {}

    const app = await Test.createTestingModule({
      imports: [SandboxModule.forRoot({ flint: { accessTokenSeconds: 60 } }), Feature],
    }).compile();
    await app.init();
    const { sandbox } = app.get(Reader);
    expect(sandbox).toBe(app.get(Sandbox));
    expect(sandbox.flint.settings.accessTokenSeconds).toBe(60);
    expect((await fetch(sandbox.url)).status).toBe(200);
    await app.close();
    await expect(fetch(sandbox.url)).rejects.toThrow();
  });
});
