import type { DynamicModule, INestApplication, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { join } from 'node:path';
import { ConnectionService } from '../../lifecycle/connection.service.js';
import { FlockModule } from '../../nest/flock.module.js';
import type { RenewalPolicy } from '../../token/endpoint/renewal-policy.js';
import { TokenService } from '../../token/token.service.js';
import { ContractBrowser } from './contract-browser.js';
import type { BrowserPage } from './contract-browser.js';
import { freePort } from './free-port.js';

/**
 * Short times, so that nothing has to be waited for; what happens is the same. Only a provider's
 * silence takes long: a pause of a busy machine is not one.
 */
export const QUICK = {
  httpTimeoutMs: 8_000,
  storeBudgetMs: 2_000,
  rescueGraceMs: 300,
  waitMs: 20_000,
  minIntervalMs: 0,
  backoffBaseMs: 40,
  backoffCapMs: 200,
  probeIntervalMs: 1_000,
  credentialStopAfter: 1,
};

export interface ContractHostOptions {
  /** Of the store; hosts with the same one are instances of one app. */
  readonly folder: string;
  readonly logger: LoggerService;
  /** Renews ahead of need too. */
  readonly background: boolean;
  /** Times of its own in place of the short ones. */
  readonly renewal: Partial<RenewalPolicy> | undefined;
  /** Told of every page that a browser gets of this host. */
  readonly seen: (page: BrowserPage) => void;
  modules(hostUrl: string): DynamicModule[];
}

/** A real host app on a store in a file, reached over HTTP. */
export class ContractHost {
  private readonly browsers: ContractBrowser[] = [];
  private stopped: Promise<void> | undefined;

  private constructor(
    readonly app: INestApplication,
    /** Its origin. */
    readonly url: string,
    private readonly seen: (page: BrowserPage) => void,
  ) {}

  static async start(options: ContractHostOptions): Promise<ContractHost> {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    class HostModule {}
    const root: DynamicModule = {
      module: HostModule,
      imports: [
        FlockModule.forRoot({
          databaseUrl: `sqlite:${join(options.folder, 'flock.sqlite')}`,
          dataDir: options.folder,
          installsPerMinute: 100_000,
          background: options.background,
          renewal: { ...QUICK, ...options.renewal },
        }),
        ...options.modules(url),
      ],
    };
    const app = await NestFactory.create(root, { abortOnError: false, logger: options.logger });
    await app.listen(port, '127.0.0.1');
    return new ContractHost(app, url, options.seen);
  }

  get connections(): ConnectionService {
    return this.app.get(ConnectionService);
  }

  get tokens(): TokenService {
    return this.app.get(TokenService);
  }

  /** Of a merchant who has not been here before. */
  browser(): ContractBrowser {
    const browser = new ContractBrowser((page) => {
      if (new URL(page.url).origin === this.url) this.seen(page);
    });
    this.browsers.push(browser);
    return browser;
  }

  /** Values of the cookies that its browsers hold. */
  get cookies(): string[] {
    return this.browsers.flatMap(({ cookies }) => cookies);
  }

  /** Calling it again does nothing. */
  stop(): Promise<void> {
    this.stopped ??= this.app.close();
    return this.stopped;
  }
}
