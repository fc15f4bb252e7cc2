import { Controller, Get, Redirect } from '@nestjs/common';

/**
 * Where the buyer comes back to. The `order_id` of this redirect is not signed and proves nothing,
 * so it is not read: the page asks for the visitor's own orders.
 */
@Controller('flex-pay/return')
export class ReturnController {
  @Get()
  @Redirect('/#flex-pay', 303)
  back(): void {}
}
