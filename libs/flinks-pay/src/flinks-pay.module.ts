import { FlinksPayAccounts } from './flinks-pay.accounts.js';
import { FlinksPayApi } from './flinks-pay.api.js';
import { flinksPay, FlinksPayHandle } from './flinks-pay.definition.js';
import { FlinksPayGuard } from './flinks-pay.guard.js';
import { FlinksPayPolling } from './flinks-pay.polling.js';
import { FlinksPayService } from './flinks-pay.service.js';
import { FlinksPayV2Service } from './flinks-pay-v2.service.js';

/**
 * `FlinksPayModule.forRoot()` reads `FLINKS_PAY_*`. Register it again with a `name` for a second
 * app, whose variables are `FLINKS_PAY_<NAME>_*`.
 */
export class FlinksPayModule extends flinksPay.Module(
  FlinksPayHandle,
  FlinksPayAccounts,
  FlinksPayApi,
  FlinksPayGuard,
  FlinksPayPolling,
  FlinksPayV2Service,
  FlinksPayService,
) {}
