import { SandboxError } from '../sandbox-error.js';
import { InputError } from '../server/input-error.js';
import { DEFAULT_CUSTOMER, type FlinksPayCustomer } from './flinks-pay-customer.js';

/** First segments of a path that cannot be the name of a customer. */
const TAKEN = new Set(['api', 'app']);

/** All customers, by their name. */
export class FlinksPayCustomers {
  private readonly named = new Map<string, FlinksPayCustomer>();

  add(customer: FlinksPayCustomer): FlinksPayCustomer {
    const { name } = customer;
    if (!/^[a-z\d][a-z\d-]{0,62}$/.test(name) || TAKEN.has(name)) {
      throw new InputError(
        'customers.name',
        'lower-case letters, digits and dashes, but not api or app',
      );
    }
    if (this.named.has(name)) throw new SandboxError(`There is a customer ${name} already.`);
    this.named.set(name, customer);
    return customer;
  }

  list(): FlinksPayCustomer[] {
    return [...this.named.values()];
  }

  /** Throws when there is no such customer. */
  get(name: string): FlinksPayCustomer {
    const customer = this.named.get(name);
    if (!customer) throw new SandboxError(`There is no customer ${name}.`);
    return customer;
  }

  /** Whose base URL a path is below, and what is left of it. */
  locate(path: string): { customer: FlinksPayCustomer; path: string } | undefined {
    const [, first = ''] = path.split('/', 2);
    if (TAKEN.has(first)) return { customer: this.get(DEFAULT_CUSTOMER), path };
    const customer = first === DEFAULT_CUSTOMER ? undefined : this.named.get(first);
    return customer && { customer, path: path.slice(first.length + 1) };
  }
}
