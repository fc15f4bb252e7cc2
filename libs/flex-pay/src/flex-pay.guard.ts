import { flexPay } from './flex-pay.definition.js';

/** `@UseGuards(FlexPayGuard)`: the request acts for a merchant's Flex Pay connection, or is refused. */
export class FlexPayGuard extends flexPay.Guard {}
