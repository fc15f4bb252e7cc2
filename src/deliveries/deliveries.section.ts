import { escape } from '../home/escape.js';
import type { Host } from '../host.js';

/** Where the script puts deliveries. */
export function deliveriesSection({ sandbox, url }: Host): string {
  const empty =
    sandbox === undefined
      ? `None yet. Have a provider send its webhooks to <code>${escape(url)}/flint/webhooks</code> or another provider’s route.`
      : 'None yet. Connect a merchant in the <a href="/#flint">Flint card</a> and press “Order is paid”, or make a <a href="/#flute">Flute</a> payment.';
  const failure =
    sandbox === undefined
      ? ''
      : '<label class="check"><input type="checkbox" id="order-failure"> Let the order handler fail</label>';
  return `<section id="deliveries" aria-labelledby="deliveries-title">
<div class="connect">
<div><h2 id="deliveries-title">Deliveries</h2><p>What providers told this host, and what happened to its connections.</p></div>
<div class="checks">${failure}
<label class="check"><input type="checkbox" id="deliveries-failed"> Failed only</label></div>
</div>
<p class="hint" id="deliveries-empty" hidden>${empty}</p>
<p class="hint" id="deliveries-none" hidden>None has failed.</p>
<div class="problem" id="deliveries-away" hidden></div>
<ol class="deliveries" aria-label="Deliveries, newest first"></ol>
<p class="unseen" role="status" aria-live="polite"></p>
</section>`;
}
