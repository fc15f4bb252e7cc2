import { flexPay } from './flex-pay.definition.js';

/** Calls Flex Pay as one connection: `flexPayApi.for(connection).get('/api/checkout/v1/orders/…')`. */
export class FlexPayApi extends flexPay.Api {}
