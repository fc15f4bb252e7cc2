import { flexPay, FlexPayHandle } from './flex-pay.definition.js';
import { FlexPayService } from './flex-pay.service.js';

/** `@UseGuards(FlexPayGuard)`: the request acts for a merchant's Flex Pay connection, or is refused. */
export class FlexPayGuard extends flexPay.Guard {}

/** Calls Flex Pay as one connection: `flexPayApi.for(connection).get('/api/checkout/v1/orders/…')`. */
export class FlexPayApi extends flexPay.Api {}

/**
 * `FlexPayModule.forRoot()` reads `FLEX_PAY_*`. Register it again with a `name` for a second app,
 * whose variables are `FLEX_PAY_<NAME>_*`.
 */
export class FlexPayModule extends flexPay.Module {
  static override readonly provides = [FlexPayHandle, FlexPayApi, FlexPayGuard, FlexPayService];
}
