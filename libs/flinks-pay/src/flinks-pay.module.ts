import { FlinksPayAccounts } from './flinks-pay.accounts.js';
import { flinksPay, FlinksPayHandle } from './flinks-pay.definition.js';
import { FlinksPayPolling } from './flinks-pay.polling.js';
import { FlinksPayService } from './flinks-pay.service.js';
import { FlinksPayV2Service } from './flinks-pay-v2.service.js';

/** `@UseGuards(FlinksPayGuard)`: the request acts for a FlinksPay account, or is refused. */
export class FlinksPayGuard extends flinksPay.Guard {}

/**
 * Calls FlinksPay as one connection, with a new token for each call. Sessions are started with
 * `FlinksPayService`: it knows what must not be sent twice.
 */
export class FlinksPayApi extends flinksPay.Api {}

/**
 * `FlinksPayModule.forRoot()` reads `FLINKS_PAY_*`. Register it again with a `name` for a second
 * app, whose variables are `FLINKS_PAY_<NAME>_*`.
 */
export class FlinksPayModule extends flinksPay.Module {
  static override readonly provides = [
    FlinksPayHandle,
    FlinksPayAccounts,
    FlinksPayApi,
    FlinksPayGuard,
    FlinksPayPolling,
    FlinksPayV2Service,
    FlinksPayService,
  ];
}
