export { FlexPayApi, FlexPayGuard, FlexPayModule } from './flex-pay.module.js';
export { FlexPayHandle } from './flex-pay.definition.js';
export { FlexPayService } from './flex-pay.service.js';
export type { FlexPayEnvironment, FlexPayMerchant } from './flex-pay.merchant.js';
export { FlexPayCard } from './flex-pay.card.js';
export type { FlexPayCardDetails } from './flex-pay.card.js';
export type {
  FlexPayAddOn,
  FlexPayContact,
  FlexPayOrder,
  FlexPayOrderFields,
  FlexPayOrderInput,
} from './flex-pay.order.js';
export type { FlexPayOffer, FlexPayOffersInput, FlexPayOrderOffers } from './flex-pay.offers.js';
export type {
  FlexPayAmount,
  FlexPayAuthorizationInput,
  FlexPayTransaction,
  FlexPayTransactionEvent,
  FlexPayTransactionInput,
  FlexPayTransactionResult,
} from './flex-pay.transaction.js';
