export { FlinksPayApi, FlinksPayGuard, FlinksPayModule } from './flinks-pay.module.js';
export { FlinksPayHandle } from './flinks-pay.definition.js';
export { FlinksPayService } from './flinks-pay.service.js';
export { FlinksPayV2Service } from './flinks-pay-v2.service.js';
export type { FlinksPayCallOptions } from './flinks-pay.accounts.js';
export type { FlinksPayCustomer } from './flinks-pay.customer.js';
export type {
  FlinksPayActivation,
  FlinksPayPayment,
  FlinksPaySession,
  FlinksPaySessionStart,
} from './flinks-pay.session.js';
export type {
  FlinksPayV2Details,
  FlinksPayV2Session,
  FlinksPayV2SessionStart,
  FlinksPayV2Status,
} from './flinks-pay-v2.session.js';
