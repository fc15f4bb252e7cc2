import type { INestApplication } from '@nestjs/common';
import { ProviderRegistry } from '@nest-flock/core/provider';
import { FlexPayModule } from '@nest-flock/flex-pay';
import { FlinksPayModule } from '@nest-flock/flinks-pay';
import { FlintModule } from '@nest-flock/flint';
import { FluteModule } from '@nest-flock/flute';
import { FyndModule } from '@nest-flock/fynd';
import { Sandbox } from '@nest-flock/sandbox';
import { readdirSync } from 'node:fs';
import { inspect } from 'node:util';
import { amount, exampleVariables, readCell, saidBy, tablesOf } from './defaults/pages.js';
import { sentences } from './defaults/sentences.js';
import { docstringNumbers } from './defaults/docstrings.js';
import { Source } from './defaults/source.js';
import { sqliteDatabase } from '../support/databases.js';
import type { TestDatabase } from '../support/databases.js';
import { startApp } from '../support/start-app.js';

const LIBRARIES = ['flint', 'flinks-pay', 'fynd', 'flute', 'flex-pay'] as const;
const REQUIRED = 'required';
/** Words of a table where the code has no value of its own and finds one at the start. */
const FOUND_AT_THE_START = [
  'none',
  'any',
  "any of the app's",
  'those in the store',
  'each that has a key',
  'that of `baseUrl`',
  'generated, never in production',
  'origin of a redirect URI',
  '`rescue` in `dataDir`',
  '`flock`, or `flock-<id>`',
  '`deliveries.concurrency`',
];

interface Default {
  readonly variable?: string;
  readonly value: unknown;
}
type Defaults = Readonly<Record<string, Default>>;
interface Setting {
  readonly env: string;
  readonly required?: boolean;
  readonly default?: unknown;
}

describe('defaults', () => {
  const source = new Source(process.cwd());
  let database: TestDatabase;
  let app: INestApplication;
  let sandbox: Sandbox;

  beforeAll(async () => {
    database = await sqliteDatabase();
    sandbox = await Sandbox.start();
    const url = 'http://localhost:3000';
    const [clientId, clientSecret] = ['x', 'y'];
    app = await startApp({
      port: 0,
      database,
      flock: { background: false },
      imports: [
        FlintModule.forRoot({
          clientId,
          clientSecret,
          redirectUri: `${url}/flint/oauth/callback`,
        }),
        FlinksPayModule.forRoot({ serverHosts: ['flinks.example'] }),
        FyndModule.forRoot({ clientId, clientSecret, extensionUrl: url, scopes: ['company/x'] }),
        FluteModule.forRoot({ environments: [] }),
        FlexPayModule.forRoot(),
      ],
    });
  });
  afterAll(async () => {
    await app.close();
    await sandbox.stop();
    await database.drop();
  });

  const settings = (all: Readonly<Record<string, unknown>>, prefix: string): Defaults =>
    Object.fromEntries(
      Object.entries(all as Record<string, Setting>).map(([name, setting]) => [
        name,
        {
          variable: `${prefix}${setting.env}`,
          value: setting.required === true ? REQUIRED : setting.default,
        },
      ]),
    );
  const values = (all: object): Defaults =>
    Object.fromEntries(
      Object.entries(all as Record<string, unknown>).map(([name, value]) => [name, { value }]),
    );
  /** What an interface names and nothing else does: without a value. */
  const beside = (file: string, name: string): Defaults =>
    values(
      Object.fromEntries(
        [...source.members(file, name).keys()].map((one): [string, unknown] => [one, undefined]),
      ),
    );

  const prefixOf = (library: string) => `${library.replace('-', '_').toUpperCase()}_`;
  const definitionOf = (library: string) => app.get(ProviderRegistry).get(library).definition;
  const ofCore = (): Defaults => ({
    ...beside('flock.options.ts', 'FlockOptions'),
    ...settings(
      source.constant('flock.options.ts', 'FLOCK_VARIABLES') as object as never,
      'FLOCK_',
    ),
    migrations: { value: source.text('flock.options.ts', /migrations \?\? '(\w+)'/) },
    redirectPages: {
      value: source.text('flock.options.ts', /redirectPages \?\? (\w+)/) === 'true',
    },
  });
  const renewal = () => source.constant('renewal-policy.ts', 'DEFAULT_RENEWAL_POLICY') as object;
  const deliveries = () =>
    source.constant('delivery-policy.ts', 'DEFAULT_DELIVERY_POLICY') as object;
  const ofRedis = (): Defaults => ({
    ...beside('flock-redis.options.ts', 'FlockRedisOptions'),
    ...settings(
      source.constant('flock-redis.options.ts', 'FLOCK_REDIS_VARIABLES') as object as never,
      'FLOCK_REDIS_',
    ),
  });
  const ofProvider = (library: string): Defaults => {
    const { install, webhooks, variables } = definitionOf(library);
    const base = (name: string) =>
      install?.paths?.base(name) ?? (name === library ? name : `${library}/${name}`);
    const routes = {
      path: [base(library), base('<name>')].map((path) => `\`${path}\``).join(', or '),
      controllers: true,
      decorators: undefined,
    };
    return {
      ...beside('provider-module.ts', 'ProviderModuleShape'),
      ...beside('provider-module.ts', 'ProviderModuleOptions'),
      ...settings(variables, prefixOf(library)),
      ...settings(
        source.constant('provider-module.ts', 'APP_VARIABLES') as object as never,
        prefixOf(library),
      ),
      name: { value: library },
      ...values(routes),
      // Where there is no route at all, nothing is to be said of routes.
      ...(install === undefined &&
        webhooks === undefined && {
          path: { value: NaN },
          controllers: { value: NaN },
          decorators: { value: NaN },
        }),
    };
  };
  /** What the code has, by page and table. */
  const known = (): Readonly<Record<string, Defaults>> => ({
    'libs/core/README.md Option': ofCore(),
    'libs/core/README.md renewal': values(renewal()),
    'libs/core/README.md deliveries': values(deliveries()),
    'libs/redis/README.md Option': ofRedis(),
    'libs/sandbox/README.md Setting': {
      ...beside('flint-settings.ts', 'FlintSettings'),
      ...values(sandbox.flint.settings),
    },
    ...Object.fromEntries(
      LIBRARIES.map((library) => [`libs/${library}/README.md Option`, ofProvider(library)]),
    ),
  });

  const differs = (said: unknown, cell: string, has: unknown): boolean => {
    if (FOUND_AT_THE_START.includes(cell) || said === undefined) {
      return !(has === undefined || (Array.isArray(has) && has.length === 0));
    }
    const listed = Array.isArray(has) && typeof said === 'string' ? said.split(',') : said;
    const plain = typeof has === 'object' && !Array.isArray(has) ? inspect(has) : has;
    return inspect(listed) !== inspect(plain) && cell !== has;
  };

  it('P1: every table of defaults names every option of the code, and its value', () => {
    const pages = [
      ...readdirSync('docs').map((name) => `docs/${name}`),
      ...readdirSync('libs').map((name) => `libs/${name}/README.md`),
      'README.md',
    ].filter((name) => name.endsWith('.md'));
    const tables = pages.flatMap(tablesOf);
    const code = known();
    expect(tables.map(({ page, title }) => `${page} ${title}`).sort()).toEqual(
      Object.keys(code).sort(),
    );
    const problems = tables.flatMap(({ page, title, rows }) => {
      const has = code[`${page} ${title}`] as Defaults;
      const unsaid = Object.keys(has).filter(
        (name) => !Number.isNaN(has[name]?.value) && !rows.some((row) => row.name === name),
      );
      return [
        ...unsaid.map((name) => `${page}: no row says ${name}`),
        ...rows.flatMap(({ name, cells }) => {
          const one = has[name];
          if (one === undefined) return [`${page}: the code has no ${name}`];
          const cell = cells.Default as string;
          const variable = (cells.Variable ?? '').replaceAll('`', '') || undefined;
          return [
            ...(variable === one.variable ? [] : [`${page}: ${name} is read from ${one.variable}`]),
            ...(differs(readCell(cell), cell, one.value)
              ? [`${page}: ${name} is ${inspect(one.value)}, not ${cell}`]
              : []),
          ];
        }),
      ];
    });
    expect(problems).toEqual([]);
  });

  it('P1: .env.example names every variable of the code, and its default', () => {
    const all = [ofCore(), ofRedis(), ...LIBRARIES.map(ofProvider)].flatMap((defaults) =>
      Object.values(defaults).filter(({ variable }) => variable !== undefined),
    );
    const code = new Map(all.map(({ variable, value }) => [variable as string, value]));
    const example = exampleVariables().filter(({ name }) =>
      ['FLOCK_', ...LIBRARIES.map(prefixOf)].some((prefix) => name.startsWith(prefix)),
    );
    // One ceiling stands for those of all providers, whose names the comment gives.
    const said = [
      ...example.map(({ name }) => name),
      ...LIBRARIES.slice(1).map((library) => `${prefixOf(library)}RATE_PER_SECOND`),
    ];
    expect([...said].sort()).toEqual([...code.keys()].sort());
    const problems = example.flatMap(({ name, value, comment }) => {
      const has = code.get(name);
      const words = /\bRequired\b|\bDefault( elsewhere)?:/.test(comment) || value === '';
      const wrong = words
        ? has !== REQUIRED && differs(undefined, '', has)
        : differs(readCell(`\`${value}\``), value, has);
      return wrong ? [`${name} is ${inspect(has)}, not ${value}`] : [];
    });
    expect(problems).toEqual([]);
  });

  it('P1: docstrings name the defaults of the code', () => {
    const { flint, flinksPay, fynd, flute, flexPay } = sandbox;
    const objects: [string, string, object][] = [
      ['renewal-policy.ts', 'RenewalPolicy', renewal()],
      ['delivery-policy.ts', 'DeliveryPolicy', deliveries()],
      ['flint-settings.ts', 'FlintSettings', flint.settings],
      ['flinks-pay-settings.ts', 'FlinksPaySettings', flinksPay.settings],
      ['fynd-settings.ts', 'FyndSettings', fynd.settings],
      ['flute-settings.ts', 'FluteSettings', flute.settings],
      ['flex-pay-settings.ts', 'FlexPaySettings', flexPay.settings],
    ];
    const problems = objects.flatMap(([file, name, has]) =>
      [...source.members(file, name)].flatMap(([member, doc]) => {
        const value = (has as Record<string, unknown>)[member];
        const said = /\bDefault:? (`[^`]+`|[\d,]+(?: days)?|true|false)/.exec(doc)?.[1];
        if (said === undefined) return value === undefined ? [] : [`${member}: no default is said`];
        const cell = said.startsWith('`') ? said : `\`${said.replaceAll(',', '')}\``;
        const read = said.endsWith('days') ? amount(said) : readCell(cell);
        return differs(read, said, value) ? [`${member} is ${inspect(value)}, not ${said}`] : [];
      }),
    );
    expect(problems).toEqual([]);

    const others = docstringNumbers(source);
    const covered = new Set(objects.map(([file]) => file));
    const found = source
      .numbersInDocstrings()
      .filter(({ of }) => !covered.has(of.split(' ')[0] as string));
    expect(found.map(({ of }) => of).sort()).toEqual(Object.keys(others).sort());
    for (const { of, text } of found) {
      const [, said] = /\bdefault:? (\d[\d,]*\d|\d)/i.exec(text) ?? [];
      expect([of, amount(said as string)]).toEqual([of, others[of]]);
    }
  });

  it.each(sentences(source))('P1: %s says %s', (page, pattern, numbers) => {
    const found = saidBy(page, pattern);
    expect(found.length).toBeGreaterThan(0);
    for (const said of found) expect(said.map(amount)).toEqual(numbers);
  });

  it('P1: a host that says nothing runs with these', () => {
    for (const library of LIBRARIES) {
      const { options, definition } = app.get(ProviderRegistry).get(library);
      const given = ['clientId', 'clientSecret', 'redirectUri', 'extensionUrl', 'scopes'];
      for (const [name, { default: value }] of Object.entries(definition.variables)) {
        if (given.includes(name) || ['serverHosts', 'environments'].includes(name)) continue;
        expect([name, (options as Record<string, unknown>)[name]]).toEqual([name, value]);
      }
    }
  });
});
