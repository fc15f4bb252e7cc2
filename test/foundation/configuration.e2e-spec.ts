import 'reflect-metadata';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import type { ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FlockModule, UseApp } from '@nest-flock/core';
import { CAUTIOUS_PROFILE, defineProvider, variable } from '@nest-flock/core/provider';
import type { KeyProvider } from '@nest-flock/core';
import { FlinksPayModule } from '@nest-flock/flinks-pay';
import { FlintGuard, FlintModule } from '@nest-flock/flint';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

const KEY = `k1:${Buffer.alloc(32, 'a key for this test').toString('base64')}`;
const flint = {
  clientId: 'fpc_1',
  clientSecret: 'fps_1',
  redirectUri: 'http://localhost:3000/flint/oauth/callback',
};

const ENDPOINTS = ['token', 'api', 'authorize', 'revocation'] as const;
/** A provider with one endpoint that is plain http. */
const plain = defineProvider({
  provider: 'plain',
  title: 'Plain',
  variables: { wrong: variable.choice({ env: 'WRONG', choices: ENDPOINTS, default: 'token' }) },
  environments: ['default'],
  grant: 'client_credentials',
  profile: CAUTIOUS_PROFILE,
  endpoints: ({ wrong }) => {
    const url = (name: string) => `${name === wrong ? 'http' : 'https'}://${name}.example`;
    return {
      token: url('token'),
      api: url('api'),
      authorize: url('authorize'),
      revocation: url('revocation'),
    };
  },
  client: () => ({ id: 'id', secret: 'secret' }),
  dialect: () => ({ clientAuthentication: 'basic', encoding: 'form' }),
});
class PlainModule extends plain.Module {}

describe('configuration', () => {
  let directory: string;
  const saved = { ...process.env };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'flock-config-'));
    for (const name of Object.keys(process.env)) {
      if (/^(FLOCK|FLINT)_/.test(name)) Reflect.deleteProperty(process.env, name);
    }
    process.env.FLOCK_DATABASE_URL = `sqlite:${join(directory, 'flock.sqlite')}`;
    process.env.FLOCK_DATA_DIR = directory;
  });
  afterEach(() => {
    process.env = { ...saved };
    rmSync(directory, { recursive: true, force: true });
  });

  const boot = async (metadata: ModuleMetadata, fastify = false, prefix?: string) => {
    @Module(metadata)
    class Host {}
    const options = { logger: false, abortOnError: false } as const;
    const app = fastify
      ? await NestFactory.create(Host, new FastifyAdapter(), options)
      : await NestFactory.create(Host, options);
    if (prefix !== undefined) app.setGlobalPrefix(prefix);
    try {
      await app.init();
    } finally {
      await app.close().catch(() => undefined);
    }
  };
  const messageOf = (metadata: ModuleMetadata, fastify = false, prefix?: string) =>
    boot(metadata, fastify, prefix).then(
      () => 'started',
      (error: Error) => error.message,
    );

  it('P5: one message names every bad variable of every module and what was expected', async () => {
    process.env.FLOCK_DATABASE_URL = 'mongodb://x';
    process.env.FLOCK_ENCRYPTION_KEYS = 'short:abc';
    process.env.FLINT_REDIRECT_URI = 'not a url';
    process.env.FLINT_CLIENT_AUTHENTICATION = 'digest';
    process.env.FLINT_EU_MODES = 'prod';
    const message = await messageOf({
      imports: [
        FlockModule.forRoot(),
        FlintModule.forRoot(),
        FlintModule.forRoot({
          ...flint,
          name: 'eu',
          redirectUri: 'http://localhost:3000/flint/eu/oauth/callback',
        }),
      ],
    });
    for (const variable of [
      'FLOCK_DATABASE_URL',
      'FLOCK_ENCRYPTION_KEYS',
      'FLINT_CLIENT_ID',
      'FLINT_CLIENT_SECRET',
      'FLINT_REDIRECT_URI',
      'FLINT_CLIENT_AUTHENTICATION',
      'FLINT_EU_*',
    ]) {
      expect(message).toContain(variable);
    }
    expect(message.match(/expected/gi)?.length).toBeGreaterThanOrEqual(7);
    expect(message).toContain('one of basic, body');
    // Values may be misplaced secrets.
    expect(message).not.toContain('short:abc');
    expect(message).not.toContain('not a url');
  });

  it('the process prints that message and ends', async () => {
    const child = spawn(process.execPath, ['dist/main.js'], {
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        FLINT_CLIENT_ID: 'fpc_1',
        FLOCK_DATA_DIR: directory,
      },
    });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(code).toBe(1);
    expect(output).toContain('FLOCK_ENCRYPTION_KEYS: missing');
    expect(output).toContain('FLINT_CLIENT_SECRET: missing');
    expect(output).not.toContain('    at ');
  });

  it('S16, S31: production needs an encryption key; development makes one, mode 0600', async () => {
    const imports = [FlockModule.forRoot(), FlintModule.forRoot(flint)];
    expect(await messageOf({ imports })).toBe('started');
    const file = join(directory, 'encryption-key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const made = readFileSync(file, 'utf8');
    expect(await messageOf({ imports })).toBe('started');
    expect(readFileSync(file, 'utf8')).toBe(made);
    process.env.NODE_ENV = 'production';
    expect(await messageOf({ imports })).toContain('FLOCK_ENCRYPTION_KEYS: missing');
    process.env.FLOCK_ENCRYPTION_KEYS = `k1:${Buffer.alloc(32).toString('base64')}`;
    expect(await messageOf({ imports })).toContain('FLOCK_ENCRYPTION_KEYS: not usable');
  });

  it('S16: keys of the environment or of a key provider start production, and none is made', async () => {
    process.env.NODE_ENV = 'production';
    const secure = FlintModule.forRoot({
      ...flint,
      redirectUri: 'https://acme.example/flint/oauth/callback',
    });
    const startedWith = (keyProvider?: KeyProvider) =>
      messageOf({ imports: [FlockModule.forRoot({ keyProvider }), secure] });
    const key = Buffer.alloc(32, 'a key of a vault');
    expect(await startedWith({ keys: () => [{ id: 'v1', key }] })).toBe('started');
    expect(await startedWith({ keys: () => [] })).toContain('The key provider gave keys');
    process.env.FLOCK_ENCRYPTION_KEYS = KEY;
    expect(await startedWith()).toBe('started');
    expect(await startedWith({ keys: () => [] })).toContain('The key provider gave keys');
    expect(readdirSync(directory)).not.toContain('encryption-key');
  });

  it.each(['mariadb', 'postgres'])(
    'S23: a password of %s that breaks its URL is asked for percent-encoded, and not shown',
    async (scheme) => {
      process.env.FLOCK_DATABASE_URL = `${scheme}://flock:pa#ss@127.0.0.1/flock`;
      const imports = [FlockModule.forRoot(), FlintModule.forRoot(flint)];
      const error: unknown = await boot({ imports }).catch((thrown: unknown) => thrown);
      expect(inspect(error)).toMatch(/FLOCK_DATABASE_URL: not usable; .*percent-encoded/);
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('pa#ss');
    },
  );

  it('a data folder that cannot be made is named', async () => {
    const file = join(directory, 'a-file');
    writeFileSync(file, '');
    process.env.FLOCK_DATA_DIR = join(file, 'folder');
    const imports = [FlockModule.forRoot(), FlintModule.forRoot(flint)];
    expect(await messageOf({ imports })).toMatch(/^FLOCK_DATA_DIR: the development key .*ENOTDIR/);
  });

  it('F4: a rescue folder that cannot be written is named at the start, not when it is needed', async () => {
    const file = join(directory, 'a-file');
    writeFileSync(file, '');
    process.env.FLOCK_RESCUE_DIR = join(file, 'folder');
    const imports = [FlockModule.forRoot(), FlintModule.forRoot(flint)];
    expect(await messageOf({ imports })).toMatch(
      /^FLOCK_RESCUE_DIR: it cannot be written \(ENOTDIR\)/,
    );
    process.env.FLOCK_RESCUE_DIR = join(directory, 'made', 'by', 'us');
    expect(await messageOf({ imports })).toBe('started');
    expect(readdirSync(process.env.FLOCK_RESCUE_DIR)).toEqual([]);
  });

  it('S19: plain http is refused, but for loopback outside production', async () => {
    const withBase = (baseUrl: string) => ({
      imports: [
        FlockModule.forRoot({ encryptionKeys: KEY }),
        FlintModule.forRoot({ ...flint, baseUrl }),
      ],
    });
    expect(await messageOf(withBase('http://api.example'))).toContain(
      'http://api.example is plain http',
    );
    for (const far of ['http://localhost.evil.example', 'http://127.0.0.1.evil.example'])
      expect(await messageOf(withBase(far))).toContain(`${far} is plain http`);
    // One customer's own server as well.
    const customers = ['https://oak.example', 'http://elm.example'].map((baseUrl, index) => ({
      account: `customer-${index}`,
      baseUrl,
      username: 'name',
      password: 'word',
    }));
    const withCustomers = {
      imports: [
        FlockModule.forRoot({ encryptionKeys: KEY }),
        FlinksPayModule.forRoot({ customers }),
      ],
    };
    expect(await messageOf(withCustomers)).toContain('http://elm.example is plain http');
    for (const near of ['http://127.0.0.1:9', 'http://localhost:9', 'http://[::1]:9'])
      expect(await messageOf(withBase(near))).toBe('started');
    process.env.NODE_ENV = 'production';
    const message = await messageOf(withBase('http://127.0.0.1:9'));
    expect(message).toContain('http://127.0.0.1:9 is plain http');
    expect(message).toContain('http://localhost:3000 is plain http');
  });

  it.each(ENDPOINTS)('S19: plain http stops the start for the endpoint %s alone', async (wrong) => {
    const imports = [FlockModule.forRoot({ encryptionKeys: KEY }), PlainModule.forRoot({ wrong })];
    expect(await messageOf({ imports })).toContain(`http://${wrong}.example is plain http`);
  });

  it.each([false, true])(
    'S8, S9: a redirect URI whose path is not mapped stops the start (fastify: %s)',
    async (fastify) => {
      const imports = [FlockModule.forRoot(), FlintModule.forRoot(flint)];
      const message = await messageOf({ imports }, fastify, 'api');
      expect(message).toContain('/flint/oauth/callback');
      expect(message).toMatch(/mapped at (\/api|…)\/flint\/oauth\/callback/);
      // Longer than what is mapped is not mapped either.
      const longer = {
        ...flint,
        redirectUri: 'http://localhost:3000/extra/flint/oauth/callback',
      };
      expect(
        await messageOf({ imports: [FlockModule.forRoot(), FlintModule.forRoot(longer)] }, fastify),
      ).toContain('/extra/flint/oauth/callback');
      // An app that merchants do not install comes first, and does not end the look.
      const uninstalled = { baseUrl: 'https://flinks.example', username: 'x', password: 'x' };
      const behind = [FlinksPayModule.forRoot(uninstalled), FlintModule.forRoot(longer)];
      expect(await messageOf({ imports: [FlockModule.forRoot(), ...behind] }, fastify)).toContain(
        '/extra/flint/oauth/callback',
      );
      const fitting = { ...flint, redirectUri: 'http://localhost:3000/api/flint/oauth/callback' };
      expect(
        await messageOf(
          { imports: [FlockModule.forRoot(), FlintModule.forRoot(fitting)] },
          fastify,
          'api',
        ),
      ).toBe('started');
    },
  );

  it('a provider module without the core says what to add', async () => {
    expect(await messageOf({ imports: [FlintModule.forRoot(flint)] })).toContain(
      'FlockModule.forRoot()',
    );
  });

  it('two apps of one name are named; a route that does not choose between two apps stops the start', async () => {
    const two = [
      FlintModule.forRoot(flint),
      FlintModule.forRoot({
        ...flint,
        name: 'eu',
        redirectUri: 'http://localhost:3000/flint/eu/oauth/callback',
      }),
    ];
    const twice = [
      FlintModule.forRoot(flint),
      FlintModule.forRoot({
        ...flint,
        path: 'other',
        redirectUri: 'http://localhost:3000/other/oauth/callback',
      }),
    ];
    expect(await messageOf({ imports: [FlockModule.forRoot(), ...twice] })).toContain(
      'registered twice',
    );

    @Controller('a')
    @UseGuards(FlintGuard)
    class Unclear {
      @Get()
      get(): string {
        return '';
      }
    }
    @Controller('b')
    @UseGuards(FlintGuard)
    @UseApp('eu')
    class Clear {
      @Get()
      get(): string {
        return '';
      }
    }
    expect(
      await messageOf({ imports: [FlockModule.forRoot(), ...two], controllers: [Clear] }),
    ).toBe('started');
    const message = await messageOf({
      imports: [FlockModule.forRoot(), ...two],
      controllers: [Clear, Unclear],
    });
    expect(message).toContain('Unclear');
    expect(message).toContain('@UseApp');
  });

  it('P5: an unknown option is named, and code wins over the environment', async () => {
    process.env.FLINT_CLIENT_AUTHENTICATION = 'digest';
    expect(
      await messageOf({
        imports: [
          FlockModule.forRoot(),
          FlintModule.forRoot({ ...flint, clientAuthentication: 'body' }),
        ],
      }),
    ).toBe('started');
    const wrong = { ...flint, clientAuthentication: 'body' as const, client_id: 'x' };
    expect(
      await messageOf({ imports: [FlockModule.forRoot(), FlintModule.forRoot(wrong)] }),
    ).toContain('client_id');
  });

  it('a driver that is not there is named, with the one to use instead', async () => {
    process.env.FLOCK_SQLITE_DRIVER = 'libsql';
    const message = await messageOf({
      imports: [FlockModule.forRoot(), FlintModule.forRoot(flint)],
    });
    expect(message).toContain('npm install libsql');
    expect(message).toContain('FLOCK_SQLITE_DRIVER=better-sqlite3');
  });
});
