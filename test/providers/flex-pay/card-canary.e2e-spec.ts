import { Controller, Get, Logger, Param, UseGuards } from '@nestjs/common';
import { CurrentConnection } from '@nest-flock/core';
import type { Connection } from '@nest-flock/core';
import { FlexPayGuard, FlexPayService } from '@nest-flock/flex-pay';
import type { FlexPayCard } from '@nest-flock/flex-pay';
import type { Fault } from '@nest-flock/sandbox';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import { DATABASES } from '../../support/databases.js';
import type { TestDatabase } from '../../support/databases.js';
import { NoisyLogger } from '../../support/noisy-logger.js';
import { failureOf } from '../../support/poll.js';
import { startFlexPay, withDefault } from './flex-pay-suite.js';
import type { FlexPaySuite } from './flex-pay-suite.js';
import { ORDER } from './sample-order.js';

const CARD = { number: '5431CANARYNUMBER', ccv: 'CANARYCCV', nameOnCard: 'CANARYNAME DAVIS' };
const CANARIES = Object.values(CARD);

/** A page and a JSON body that say too much. */
const ECHO = `<html><body>Could not answer {"card":${JSON.stringify(CARD)}}</body></html>`;
const card = { card: CARD };
const documented = { codeName: CARD.number, message: CARD.nameOnCard, statusCode: 500 };

const status = (code: number, body: unknown): Fault => ({ kind: 'status', status: code, body });

/** Every way in which a read of the card fails, each with the card in it. */
const FAILURES: Fault[] = [
  ...[400, 401, 403, 404, 405, 408, 429, 500, 503].flatMap((code) => [
    status(code, ECHO),
    status(code, card),
    status(code, documented),
  ]),
  status(200, ECHO),
  status(200, [card]),
  status(200, { errorCode: CARD.number }),
  status(200, { errorCode: 'LOAN_NOT_ACCEPTED', card: null, message: CARD.nameOnCard }),
  status(200, { card: { ...CARD, number: '' } }),
  { kind: 'redirect', to: `http://127.0.0.1:1/?card=${encodeURIComponent(CARD.number)}` },
  { kind: 'truncate' },
  { kind: 'drop_after_commit' },
];

/** A host that logs all it gets. */
@Controller('cards')
@UseGuards(FlexPayGuard)
class CarelessController {
  private readonly logger = new Logger('Careless');

  constructor(private readonly flexPay: FlexPayService) {}

  @Get(':orderId')
  async read(@CurrentConnection() connection: Connection, @Param('orderId') orderId: string) {
    try {
      const read = await this.flexPay.readCard(connection, orderId);
      for (const level of ['log', 'error', 'warn', 'debug', 'verbose', 'fatal'] as const) {
        this.logger[level](read);
        this.logger[level]({ orderId, read, all: [read] });
      }
      return { read };
    } catch (error) {
      this.logger.error(error);
      throw error;
    }
  }
}

describe.each(DATABASES)('card data on %s', (_name, open) => {
  const logger = new NoisyLogger();
  const written: string[] = [];
  let suite: FlexPaySuite;
  let connection: Connection;
  let orderId: string;

  beforeAll(async () => {
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream) as (...all: unknown[]) => boolean;
      jest.spyOn(stream, 'write').mockImplementation((...all: unknown[]) => {
        written.push(String(all[0]));
        return write(...all);
      });
    }
    suite = await startFlexPay(open, {
      logger,
      sandbox: { card: CARD },
      controllers: [CarelessController],
      options: withDefault,
    });
    connection = await suite.connection();
    ({ id: orderId } = await suite.flexPay.createOrder(connection, ORDER));
    suite.sandbox.flexPay.approve(orderId);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await suite.stop();
  });

  const leaksIn = (...texts: string[]) => {
    const everything = texts.join('\n');
    return CANARIES.filter((canary) => everything.includes(canary));
  };

  it('P80: reach the caller, and whatever prints the card shows type and last four digits', async () => {
    const read = await suite.flexPay.readCard(connection, orderId);
    expect(read.reveal()).toMatchObject(CARD);
    expect(JSON.parse(JSON.stringify(read))).toEqual({
      id: read.id,
      type: 'MASTERCARD',
      lastFour: 'MBER',
    });
    const prints = printsOf(read);
    expect(leaksIn(...prints)).toEqual([]);
    expect(prints.join()).toContain('MASTERCARD');
    // The search itself works.
    expect(leaksIn(inspect(read.reveal()))).toEqual(CANARIES);
  });

  it('P80: are in no log, no error, no answer, no table and no file, however a read ends', async () => {
    const seen: string[] = [];
    const note = (error: Record<string, unknown>) => {
      seen.push(
        String(error.message),
        String(error.stack),
        inspect(error, { depth: 12, showHidden: true }),
        JSON.stringify(error),
        JSON.stringify((error as { getResponse?: () => unknown }).getResponse?.()),
      );
    };
    const get = async () => {
      const response = await fetch(`${suite.url}/cards/${orderId}`);
      seen.push(JSON.stringify([...response.headers]), await response.text());
      return response.status;
    };
    expect(await get()).toBe(200);
    for (const fault of FAILURES) {
      // A 401 is asked again once, with a new token.
      suite.sandbox.faults.add({ on: 'api.card', times: 2, fault });
      note(await failureOf(suite.flexPay.readCard(connection, orderId)));
      suite.sandbox.faults.clear();
      suite.sandbox.faults.add({ on: 'api.card', times: 2, fault });
      expect(await get()).toBeGreaterThanOrEqual(400);
      suite.sandbox.faults.clear();
    }
    expect(await get()).toBe(200);
    expect(logger.lines.length).toBeGreaterThan(FAILURES.length);
    expect(leaksIn(...seen, ...logger.lines, ...written)).toEqual([]);
    // The net is not torn: what a host logged is there.
    expect(logger.lines.join('\n')).toContain('FlexPayCard MASTERCARD …MBER');

    const rows = await everyRow(suite.database);
    expect(rows).toContain(connection.id);
    expect(rows).toContain('flock_event');
    expect(leaksIn(rows, ...everyFile(suite.database.directory))).toEqual([]);
  });
});

/** What careless code makes of an object. */
function printsOf(read: FlexPayCard): string[] {
  const spread = { ...read };
  const shown = { depth: 12, showHidden: true };
  return [
    String(read),
    inspect(read),
    inspect(read, { ...shown, customInspect: false }),
    inspect({ deep: [new Map([['card', read]])] }, shown),
    format('%s %o %O %j', read, read, read, read),
    JSON.stringify({ read, list: [read] }),
    JSON.stringify(Object.entries(read)),
    JSON.stringify(spread),
    inspect(spread, shown),
    inspect(structuredClone(spread), shown),
    inspect(new Error('with a cause', { cause: read }), shown),
    Object.getOwnPropertyNames(read).join(),
  ];
}

async function everyRow(database: TestDatabase): Promise<string> {
  const tables = await database.sql(
    database.name === 'sqlite'
      ? "SELECT name FROM sqlite_master WHERE type = 'table'"
      : "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  const dumps: unknown[] = [];
  for (const { name } of tables) {
    dumps.push([name, await database.sql(`SELECT * FROM "${String(name)}"`)]);
  }
  return JSON.stringify(dumps, (_key, value: unknown) => {
    const bytes = value as { type?: unknown; data?: number[] } | null;
    return bytes?.type === 'Buffer' && Array.isArray(bytes.data)
      ? Buffer.from(bytes.data).toString('latin1')
      : value;
  });
}

/** The store's own files, and rescue files. */
function everyFile(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'));
}
