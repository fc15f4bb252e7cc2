import { markup, type Markup } from '../server/markup.js';
import { page } from '../server/page.js';
import type { FlinksPaySession } from './flinks-pay-session.js';

/** The page on which the payer completes a session. */
export function hostedPage(session: FlinksPaySession, open: boolean): string {
  const { amount, type, status, referenceId } = session;
  return page(
    `Pay ${amount} CAD`,
    markup`<div class="card">
<p><span class="tag">${type}</span> <span class="soft small">FlinksPay, emulated</span></p>
<h1>Pay ${amount} CAD</h1>
<dl>
<dt>Payer</dt><dd>${payerOf(session)}</dd>
<dt>Reference</dt><dd><code>${referenceId}</code></dd>
<dt>Status</dt><dd>${status}</dd>
</dl>
${open ? buttons : closed(session)}
</div>`,
    true,
  );
}

/** The page for a session that nobody knows. */
export function noSessionPage(): string {
  return page(
    'No such session',
    markup`<div class="card"><h1>There is no such session</h1>
<p>Ask for a new link to pay.</p></div>`,
    true,
  );
}

const buttons = markup`<form method="post">
<div class="actions stack">
<button class="main grow" name="decision" value="approve">Approve</button>
<button class="grow" name="decision" value="decline">Decline</button>
</div>
</form>`;

function closed({ version, requestId }: FlinksPaySession): Markup {
  return version === 'v1' && requestId === undefined
    ? markup`<p>This session cannot be completed: it has no payment request.</p>`
    : markup`<p>There is nothing left to do here.</p>`;
}

function payerOf({ request }: FlinksPaySession): string {
  const payor = request['payor'] as Record<string, unknown> | undefined;
  const names = payor ? [payor['firstName'], payor['lastName']] : [request['customerName']];
  return names.filter((name) => typeof name === 'string').join(' ');
}
