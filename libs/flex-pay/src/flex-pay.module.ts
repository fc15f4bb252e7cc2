import { FlexPayApi } from './flex-pay.api.js';
import { flexPay, FlexPayHandle } from './flex-pay.definition.js';
import { FlexPayGuard } from './flex-pay.guard.js';
import { FlexPayService } from './flex-pay.service.js';

/**
 * `FlexPayModule.forRoot()` reads `FLEX_PAY_*`. Register it again with a `name` for a second app,
 * whose variables are `FLEX_PAY_<NAME>_*`.
 */
export class FlexPayModule extends flexPay.Module(
  FlexPayHandle,
  FlexPayApi,
  FlexPayGuard,
  FlexPayService,
) {}
