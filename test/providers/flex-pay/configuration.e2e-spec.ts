import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FlockModule } from '@nest-flock/core';
import { FlexPayModule } from '@nest-flock/flex-pay';
import { Sandbox } from '@nest-flock/sandbox';
import { sqliteDatabase } from '../../support/databases.js';
import { failureOf } from '../../support/poll.js';
import { startFlexPay } from './flex-pay-suite.js';
import type { FlexPayGiven } from './flex-pay-suite.js';

describe('the configuration of Flex Pay', () => {
  const variables: Record<string, string> = {};
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await Sandbox.start({ providers: ['flex-pay'] });
  });
  afterAll(() => sandbox.stop());
  afterEach(() => {
    for (const name of Object.keys(variables)) {
      delete process.env[name];
      delete variables[name];
    }
  });
  const set = (more: Record<string, string>) => {
    Object.assign(variables, more);
    Object.assign(process.env, more);
  };
  const problemOf = async (options?: FlexPayGiven) => {
    const database = await sqliteDatabase();
    @Module({
      imports: [
        FlockModule.forRoot({ databaseUrl: database.url, dataDir: database.directory }),
        FlexPayModule.forRoot(options),
      ],
    })
    class Broken {}
    const failure = await failureOf(
      NestFactory.create(Broken, { abortOnError: false, logger: false }).then((app) => app.init()),
    );
    await database.drop();
    expect(failure.code).toBe('configuration_invalid');
    return String(failure.message);
  };

  it('comes from FLEX_PAY_*', async () => {
    const { flexPay } = sandbox;
    const birch = flexPay.addClient({ merchant: 'birch', environment: 'production' });
    set({
      FLEX_PAY_PRE_PRODUCTION_URL: flexPay.preProductionUrl,
      FLEX_PAY_PRODUCTION_URL: flexPay.productionUrl,
      FLEX_PAY_CLIENT_ID: flexPay.client('acorn', 'production').clientId,
      FLEX_PAY_CLIENT_SECRET: flexPay.client('acorn', 'production').clientSecret,
      FLEX_PAY_ENVIRONMENT: 'production',
      FLEX_PAY_MERCHANTS: JSON.stringify([
        {
          account: 'birch',
          environment: 'production',
          clientId: birch.clientId,
          clientSecret: birch.clientSecret,
          serverUrl: flexPay.productionUrl,
        },
      ]),
    });
    const suite = await startFlexPay(sqliteDatabase, { options: () => undefined });
    for (const [account, merchant] of [
      ['default', 'acorn'],
      ['birch', 'birch'],
    ] as const) {
      const ref = { provider: 'flex-pay', environment: 'production', account };
      expect(flexPay.clientOf(await suite.tokens.getAccessToken(ref))?.merchant).toBe(merchant);
    }
    await suite.stop();
  });

  it('what is wrong is told by its name, never by its value', async () => {
    set({ FLEX_PAY_MERCHANTS: 'not JSON, hush-hush', FLEX_PAY_ENVIRONMENT: 'staging' });
    const message = await problemOf();
    expect(message).toContain('FLEX_PAY_MERCHANTS');
    expect(message).toContain('a JSON list of objects with account, environment');
    expect(message).toContain('FLEX_PAY_ENVIRONMENT');
    expect(message).not.toContain('hush');
  });

  it('each entry of merchants is told, field by field', async () => {
    set({
      FLEX_PAY_MERCHANTS: JSON.stringify([
        { account: 'a', environment: 'production', clientId: 'i', clientSecret: 'hush-hush' },
        { account: '', environment: 'live', clientSecret: 7, serverUrl: 'nowhere', owner: '' },
        { account: 'a', environment: 'production', clientId: 'i', clientSecret: 'hush', more: 1 },
        { account: 'a', environment: 'production', clientId: 'j', clientSecret: 'hush-hush' },
      ]),
    });
    const message = await problemOf({ clientId: 'only-an-id' });
    for (const part of [
      'merchants[1].account is not usable; expected a text of 1 to 190 characters',
      'merchants[1].environment is not usable; expected pre-production or production',
      'merchants[1].clientId',
      'merchants[1].clientSecret',
      'merchants[1].serverUrl is not usable; expected an absolute https URL',
      'merchants[1].owner',
      'merchants[2].* is not usable; expected only account, environment',
      'merchants[3] names an account and environment that an entry before it has',
      'a client id without a client secret',
    ]) {
      expect(message).toContain(part);
    }
    expect(message).not.toContain('hush');
  });

  it('plain http is for loopback only, and a second "default" is refused', async () => {
    const entry = { account: 'a', environment: 'production', clientId: 'i', clientSecret: 's' };
    expect(
      await problemOf({
        merchants: [{ ...entry, environment: 'production', serverUrl: 'http://evil.example' }],
      }),
    ).toContain('http://evil.example is plain http');
    expect(
      await problemOf({
        clientId: 'i',
        clientSecret: 's',
        merchants: [{ ...entry, account: 'default', environment: 'pre-production' }],
      }),
    ).toContain('merchants has an entry "default"');
  });
});
