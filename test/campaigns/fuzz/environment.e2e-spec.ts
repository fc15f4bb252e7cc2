import fc from 'fast-check';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FLOCK_ERRORS, FlockError, FlockModule } from '@nest-flock/core';
import { FlexPayModule } from '@nest-flock/flex-pay';
import { FlinksPayModule } from '@nest-flock/flinks-pay';
import { FlintModule } from '@nest-flock/flint';
import { FluteModule } from '@nest-flock/flute';
import { FyndModule } from '@nest-flock/fynd';
import { Sandbox } from '@nest-flock/sandbox';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from '../../../libs/core/src/foundation/configuration/read-options.js';
import { FLOCK_VARIABLES, readFlockOptions } from '../../../libs/core/src/nest/flock.options.js';
import { insecureUrls } from '../../../libs/core/src/nest/insecure-urls.js';
import { RegisteredApp } from '../../../libs/core/src/provider/registered-app.js';
import { unusableSecrets } from '../../../libs/core/src/webhook/unusable-secrets.js';
import { flexPay } from '../../../libs/flex-pay/src/flex-pay.definition.js';
import { flinksPay } from '../../../libs/flinks-pay/src/flinks-pay.definition.js';
import { flint } from '../../../libs/flint/src/flint.definition.js';
import { flute } from '../../../libs/flute/src/flute.definition.js';
import { fynd } from '../../../libs/fynd/src/fynd.definition.js';
import { readArguments } from '../../../libs/sandbox/src/cli/arguments.js';
import { SandboxError } from '../../../libs/sandbox/src/sandbox-error.js';
import { NoisyLogger } from '../../support/noisy-logger.js';
import { hostileText, hostileValue, wellFormed } from './support/arbitraries.js';
import { Campaign } from './support/campaign.js';
import { Canaries } from './support/canaries.js';

const campaign = new Campaign('environment');
const CANARY = 'canary-of-the-environment';
const PROVIDERS = [flint, flinksPay, fynd, flute, flexPay].map(
  ({ definition }) => definition as never as (typeof flint)['definition'],
);

/** A right value of each variable, as far as a text can tell. */
const usual = [
  CANARY,
  `https://user:${CANARY}@x.example`,
  `https://x.example/#${CANARY}`,
  'https://x.example',
  'http://127.0.0.1:1',
  'http://x.example',
  '1',
  'true',
  'test',
  'sandbox',
  'basic',
  'online',
  `whsec_${Buffer.from(CANARY).toString('base64')}`,
  `k1:${Buffer.alloc(32, CANARY).toString('base64')}`,
  `[{"account":"a","baseUrl":"https://x.example","username":"${CANARY}","password":"${CANARY}"}]`,
  `[{"account":"a","environment":"production","clientId":"${CANARY}","clientSecret":"${CANARY}"}]`,
  '[{}]',
  '[null]',
  'null',
  '{',
];
const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...usual) },
  { weight: 2, arbitrary: hostileText },
);
/** A process's environment holds no NUL. */
const inProcess = value.map((text) => wellFormed(text.replaceAll('\u0000', '')));

const environmentOf = (names: readonly string[], one: fc.Arbitrary<string>) =>
  fc.record(Object.fromEntries(names.map((name) => [name, one])), {
    requiredKeys: [],
  }) as fc.Arbitrary<Record<string, string>>;

const FLOCK_NAMES = Object.values(FLOCK_VARIABLES).map(({ env }) => `FLOCK_${env}`);
const namesOf = (definition: (typeof PROVIDERS)[0]): string[] => {
  const prefix = `${definition.provider.replace('-', '_').toUpperCase()}_`;
  return Object.values(definition.variables).map(({ env }) => `${prefix}${env}`);
};

describe('the environment', () => {
  const canaries = new Canaries();
  canaries.plant('a value', CANARY);
  const saved = { ...process.env };
  const folder = mkdtempSync(join(tmpdir(), 'flock-fuzz-'));
  const home = process.cwd();

  // Files that a hostile value makes come to lie there.
  beforeAll(() => process.chdir(folder));
  afterAll(() => {
    process.chdir(home);
    process.env = saved;
    rmSync(folder, { recursive: true, force: true });
  });

  it('variables of every provider: problems, and no value among them', async () => {
    const given = fc.nat(PROVIDERS.length - 1).chain((index) => {
      const definition = PROVIDERS[index] as (typeof PROVIDERS)[0];
      return fc.tuple(fc.constant(index), environmentOf(namesOf(definition), value));
    });
    await campaign.check({ runs: 8_000 }, given, ([index, environment]) => {
      const definition = PROVIDERS[index] as (typeof PROVIDERS)[0];
      const prefix = `${definition.provider.replace('-', '_').toUpperCase()}_`;
      const { options, problems } = readOptions(definition.variables, prefix, {}, environment);
      canaries.refuse('a problem', problems);
      if (problems.length > 0) return;
      const app = new RegisteredApp(definition, definition.provider, options, {}, {});
      const unusable = [...(definition.check?.(options) ?? []), ...unusableSecrets(app)];
      canaries.refuse('a problem', unusable);
      if (unusable.length === 0) canaries.refuse('a problem', insecureUrls(app));
    });
  });

  it('options in code, of any type', async () => {
    const given = fc.nat(PROVIDERS.length - 1).chain((index) => {
      const keys = Object.keys((PROVIDERS[index] as (typeof PROVIDERS)[0]).variables);
      const record = Object.fromEntries(
        [...keys, 'constructor', 'unknown'].map((key) => [key, fc.oneof(value, hostileValue)]),
      );
      return fc.tuple(fc.constant(index), fc.record(record, { requiredKeys: [] }));
    });
    await campaign.check({ runs: 4_000 }, given, ([index, code]) => {
      const { variables } = PROVIDERS[index] as (typeof PROVIDERS)[0];
      const { problems } = readOptions(variables, 'X_', code as never, {});
      canaries.refuse('a problem', problems);
      for (const key of ['constructor', 'unknown'].filter((name) => Object.hasOwn(code, name))) {
        expect(problems.map(({ variable }) => variable)).toContain(`option "${key}"`);
      }
    });
  });

  it('variables of the core', async () => {
    await campaign.check(
      { runs: 3_000 },
      environmentOf([...FLOCK_NAMES, 'NODE_ENV'], value),
      (environment) => {
        const { problems } = readFlockOptions({}, environment);
        canaries.refuse('a problem', problems);
      },
    );
    await campaign.check(
      { runs: 1_000 },
      fc.dictionary(
        fc.constantFrom('databaseUrl', 'encryptionKeys', 'proxy', 'publicUrl', 'dataDir'),
        fc.oneof(value, hostileValue),
      ),
      (options) => {
        canaries.refuse('a problem', readFlockOptions(options, {}).problems);
      },
    );
  });

  it('a whole host starts, or says in one error what is wrong', async () => {
    const sound: Record<string, string> = {
      FLOCK_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 'a key for this test').toString('base64')}`,
      FLINT_CLIENT_ID: 'fpc_x',
      FLINT_CLIENT_SECRET: CANARY,
      FLINT_REDIRECT_URI: 'http://localhost:1/flint/oauth/callback',
      FYND_CLIENT_ID: 'x',
      FYND_CLIENT_SECRET: CANARY,
      FYND_EXTENSION_URL: 'http://localhost:1',
      FYND_SCOPES: 'company/saleschannel',
      FLUTE_CLIENT_ID: 'x',
      FLUTE_CLIENT_SECRET: CANARY,
      FLINKS_PAY_BASE_URL: 'https://x.example',
      FLINKS_PAY_USERNAME: 'x',
      FLINKS_PAY_PASSWORD: CANARY,
    };
    const spoilt = fc
      .subarray([...FLOCK_NAMES, ...PROVIDERS.flatMap(namesOf)], { minLength: 0, maxLength: 3 })
      .chain((names) => environmentOf(names, inProcess));
    const file = inProcess
      .map((text) => text.replaceAll(CANARY, 'file'))
      .filter((text) => text.length < 100)
      .map((text) => `sqlite:${text}`);
    const server = fc.constantFrom(
      `postgres://root:${CANARY}@127.0.0.1:1/x`,
      `postgres://root:${CANARY}@:x/`,
      `postgres://%zz:${CANARY}@127.0.0.1:1/x`,
    );
    const extra = fc.record(
      {
        FLOCK_DATABASE_URL: fc.oneof(file, server),
        FLOCK_DATA_DIR: inProcess.filter((text) => text.length < 100),
      },
      { requiredKeys: [] },
    );
    let cases = 0;
    const started: string[] = [];
    await campaign.check(
      { runs: 60 },
      fc.tuple(spoilt, fc.option(extra, { nil: {}, freq: 3 })),
      async ([wrong, more]) => {
        for (const name of Object.keys(process.env)) {
          if (/^(FLOCK|FLINT|FLINKS_PAY|FYND|FLUTE|FLEX_PAY)_/.test(name))
            Reflect.deleteProperty(process.env, name);
        }
        // A store of its own: no case depends on what another one left in it.
        cases += 1;
        const store = { FLOCK_DATABASE_URL: `sqlite:${join(folder, `flock-${cases}.sqlite`)}` };
        Object.assign(process.env, { ...sound, ...store, ...wrong, ...more });
        // Paths and names are no secrets: errors and the log show them.
        for (const name of ['FLOCK_DATA_DIR', 'FLOCK_RESCUE_DIR', 'FLOCK_DEPLOYMENT_ID']) {
          if (process.env[name] !== undefined) {
            process.env[name] = process.env[name].replaceAll(CANARY, 'name');
          }
        }
        const logger = new NoisyLogger();
        @Module({
          imports: [
            FlockModule.forRoot({ background: false }),
            FlintModule.forRoot(),
            FlinksPayModule.forRoot(),
            FyndModule.forRoot(),
            FluteModule.forRoot(),
            FlexPayModule.forRoot(),
          ],
        })
        class Host {}
        let app: Awaited<ReturnType<typeof NestFactory.create>> | undefined;
        try {
          app = await NestFactory.create(Host, { logger, abortOnError: false });
          await app.init();
          started.push('yes');
        } catch (error) {
          if (!(error instanceof FlockError) || error.code !== 'configuration_invalid') throw error;
          expect(Object.hasOwn(FLOCK_ERRORS, error.code)).toBe(true);
          canaries.refuse('the error', error);
        } finally {
          await app?.close().catch(() => undefined);
        }
        canaries.refuse('the log', logger.lines);
      },
    );
    expect(started.length).toBeGreaterThan(0);
  });

  it('the command line of the sandbox starts it, or says why not', async () => {
    const option = fc.oneof(
      fc
        .tuple(
          fc.constantFrom(
            '--port',
            '--host',
            '--client-id',
            '--client-secret',
            '--redirect-uri',
            '--access-token-seconds',
            '--code-seconds',
            '--provider',
          ),
          fc.oneof(
            fc.constantFrom(
              '0',
              '-1',
              '65536',
              '999999999',
              '127.0.0.1',
              '::1',
              'flint',
              'http://localhost:1/cb',
            ),
            hostileText,
          ),
        )
        .map((pair) => pair.join('=')),
      fc.constantFrom('--json', '--help'),
    );
    await campaign.check({ runs: 150 }, fc.array(option, { maxLength: 3 }), async (argv) => {
      try {
        // A port of its own, unless the case names one; no name is looked up.
        const { options } = readArguments(['--port=0', ...argv]);
        const host =
          /[.:]|^$/.test(options.host ?? '') && !/[a-z]/i.test(options.host ?? '')
            ? options.host
            : undefined;
        const port = (options.port ?? 0) > 65_535 ? options.port : 0;
        await (await Sandbox.start({ ...options, port, host })).stop();
      } catch (error) {
        if (!(error instanceof SandboxError)) throw error;
      }
    });
  });

  it('ran as many cases as it promises', () => campaign.finish());
});
