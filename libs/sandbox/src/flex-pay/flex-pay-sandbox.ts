import type { FaultList } from '../faults/fault-list.js';
import { RecordedSandbox } from '../inspection/recorded-sandbox.js';
import { Records } from '../inspection/records.js';
import { InputError } from '../server/input-error.js';
import type {
  FlexPayClient,
  FlexPayClientRegistration,
  FlexPayEnvironment,
} from './flex-pay-client.js';
import { FlexPayClients } from './flex-pay-clients.js';
import { FlexPayOrders } from './flex-pay-orders.js';
import type { FlexPaySandboxOptions } from './flex-pay-sandbox.options.js';
import { FLEX_PAY_DEFAULTS, type FlexPaySettings } from './flex-pay-settings.js';
import { FlexPayTokens } from './flex-pay-tokens.js';
import { FlexPayTransactions } from './flex-pay-transactions.js';
import type { FlexPayWorld } from './flex-pay-world.js';
import { readSettings } from './read-settings.js';

/** Merchant of the credentials that are there from the start. */
const DEFAULT_MERCHANT = 'acorn';

/** The emulated Flex Pay: what it is set to, what it has seen, and what a test may do behind its routes. */
export class FlexPaySandbox extends RecordedSandbox {
  /** Base URL, e.g. `http://127.0.0.1:4010/flex-pay`; the environments are below it. */
  url = '';
  /** Change these while it runs; they hold from the next request on. */
  readonly settings: FlexPaySettings;
  /** @internal */
  readonly world: FlexPayWorld;

  /** @internal */
  constructor(options: Partial<FlexPaySandboxOptions>, faults: FaultList) {
    super();
    const records = new Records();
    const prefix = options.tokenPrefix ?? '';
    this.settings = { ...FLEX_PAY_DEFAULTS, ...readSettings({ ...options }) };
    this.world = {
      settings: this.settings,
      clients: new FlexPayClients(records.secrets, prefix),
      tokens: new FlexPayTokens(this.settings, records.secrets, prefix),
      orders: new FlexPayOrders(this.settings, records.secrets),
      transactions: new FlexPayTransactions(),
      records,
      faults,
    };
    this.addClient({
      merchant: DEFAULT_MERCHANT,
      clientId: options.clientId,
      clientSecret: options.clientSecret,
    });
    this.addClient({ merchant: DEFAULT_MERCHANT, environment: 'production' });
    for (const registration of options.clients ?? []) this.addClient(registration);
  }

  /** `server_url` of pre-production. */
  get preProductionUrl(): string {
    return `${this.url}/pre-production`;
  }

  /** `server_url` of production. */
  get productionUrl(): string {
    return `${this.url}/production`;
  }

  /** All credentials, in the order they were issued. */
  get clients(): readonly FlexPayClient[] {
    return this.world.clients.all;
  }

  /**
   * The credential of a merchant. Default: the one that is there from the start, in `pre-production`.
   *
   * @throws InputError when there is none
   */
  client(
    merchant: string = DEFAULT_MERCHANT,
    environment: FlexPayEnvironment = 'pre-production',
  ): FlexPayClient {
    const found = this.clients.find(
      (one) => one.merchant === merchant && one.environment === environment,
    );
    if (!found) throw new InputError('merchant', `a merchant with a credential in ${environment}`);
    return found;
  }

  /** Issues a credential. */
  addClient(registration: FlexPayClientRegistration): FlexPayClient {
    return this.world.clients.add(registration);
  }

  /** Gives a client a new secret; the old one is refused from now on. Tokens stay good. */
  rotateClientSecret(client: FlexPayClient = this.client()): string {
    client.clientSecret = this.world.clients.newSecret();
    return client.clientSecret;
  }

  /** The access tokens issued so far, of one client or of all, are answered 401 from now on. */
  expireAccessTokens(client?: FlexPayClient): void {
    this.world.tokens.expire(client);
  }

  /** Whose access token it is, good or not. */
  clientOf(accessToken: string): FlexPayClient | undefined {
    return this.world.tokens.clientOf(accessToken);
  }

  /**
   * What a buyer does on the page of `redirectUrl`, without a browser: the card is issued.
   *
   * @returns where the browser would be sent: `confirmationUrl` with `order_id`
   * @throws InputError when there is no such order
   */
  approve(orderId: string): string {
    return this.decide(orderId, true);
  }

  /** As {@link approve}, but the application fails: the browser would be sent to `cancelUrl`. */
  decline(orderId: string): string {
    return this.decide(orderId, false);
  }

  private decide(orderId: string, approved: boolean): string {
    const order = this.world.orders.find(orderId);
    if (!order) throw new InputError('order_id', 'the id of an order');
    return this.world.orders.decide(order, approved);
  }
}
