import { readBasic, sameSecret, type Credentials } from '../oauth/basic.js';
import type { Parameters } from '../oauth/parameters.js';
import type { Exchange } from '../server/exchange.js';
import type { FlinksPayCustomer } from './flinks-pay-customer.js';
import type { FlinksPayWorld } from './flinks-pay-world.js';

/** Why a credential is refused. */
export interface CredentialRefusal {
  readonly status: 400 | 401;
  readonly detail: string;
  /** Set when a correct client would not have sent it. */
  readonly violation?: string;
  readonly username?: string;
}

/** Compares the credential of an authorize request with the customer's; `undefined`: it is the one. */
export function refusalOfCredential(
  world: FlinksPayWorld,
  customer: FlinksPayCustomer,
  exchange: Exchange,
  form: Parameters,
): CredentialRefusal | undefined {
  const header = exchange.header('authorization');
  const inForm = form.get('Password');
  const basic = header === undefined ? undefined : readBasic(header);
  if (basic) world.records.secrets.note(basic.secret);
  if (inForm !== undefined) world.records.secrets.note(inForm);

  if (
    (header !== undefined && (inForm !== undefined || form.has('Username'))) ||
    exchange.header('x-api-key') !== undefined
  ) {
    return wrong(400, 'More than one credential was sent.', 'two_credentials');
  }
  if (header !== undefined && !basic) {
    return wrong(401, 'The Authorization header is not HTTP Basic.', 'malformed_basic');
  }
  const given = basic ?? formCredentials(form);
  if (!given) return wrong(401, 'Username and Password are needed.', 'no_credentials');
  const wanted = world.settings.clientAuthentication;
  if (wanted !== 'either' && (wanted === 'basic') !== (basic !== undefined)) {
    const where = wanted === 'basic' ? 'HTTP Basic' : 'the form fields Username and Password';
    return wrong(401, `Credentials belong in ${where}.`, 'client_authentication_method');
  }
  const same =
    sameSecret(customer.username, given.id) && sameSecret(customer.password, given.secret);
  if (same) return undefined;
  return { ...wrong(401, 'Unknown user, or wrong password.'), username: given.id };
}

const wrong = (
  status: CredentialRefusal['status'],
  detail: string,
  violation?: string,
): CredentialRefusal => ({ status, detail, ...(violation !== undefined && { violation }) });

function formCredentials(form: Parameters): Credentials | undefined {
  const id = form.get('Username');
  const secret = form.get('Password');
  return id === undefined || secret === undefined ? undefined : { id, secret };
}
