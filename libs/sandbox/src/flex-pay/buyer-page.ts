import { markup } from '../server/markup.js';
import { page } from '../server/page.js';
import type { FlexPayOrder } from './flex-pay-order.js';

/** The page on which a buyer applies for the loan, in short. */
export function buyerPage(order: FlexPayOrder): string {
  const { decision, currency, cents } = order;
  return page(
    'Pay monthly',
    markup`<div class="card">
<p><span class="tag">Flex Pay, emulated</span></p>
<h1>Pay monthly</h1>
<p>${currency} ${(cents / 100).toFixed(2)} at ${order.client.merchant}.</p>
${decision !== 'open' && markup`<p class="soft">This application was ${decision} before.</p>`}
<form method="post">
<div class="actions stack">
<button class="main grow" name="decision" value="approve"${decision === 'declined' && markup` disabled`}>Approve</button>
<button class="grow" name="decision" value="decline"${decision === 'approved' && markup` disabled`}>Decline</button>
</div>
</form>
</div>
<p class="soft small">You will be sent back to the shop.</p>`,
    true,
  );
}
