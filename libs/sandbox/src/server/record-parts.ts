import type { Records } from '../inspection/records.js';
import { controlButton } from './control-button.js';
import { markup, type Markup } from './markup.js';
import { section, table, tag, timeOf } from './page-parts.js';

const ROWS = 15;

/** Buttons for what may go wrong with the next token call of a provider; `atOnce`: those that act at once. */
export function faultButtons(provider: string, atOnce: Markup): Markup {
  const token = (label: string, fault: Readonly<Record<string, unknown>>) =>
    controlButton(label, 'POST faults', { on: 'token', provider, fault });
  return section(
    'What may go wrong next',
    undefined,
    markup`<p class="soft small">Each button breaks one token call to come.</p>
<div class="actions">
${token('Slow by 5 s', { kind: 'delay', ms: 5000 })}
${token('Status 503', { kind: 'status', status: 503 })}
${token('Rate limit', { kind: 'rate_limit', retryAfter: 10 })}
${token('HTML page', { kind: 'html', committed: false })}
${token('Cut before the work', { kind: 'drop_before_commit' })}
${token('Lose the answer', { kind: 'drop_after_commit' })}
</div>
<h3>At once</h3>
<div class="actions">
${atOnce}
</div>`,
  );
}

/** What a provider has seen: its token calls, and what a correct client would not have done. */
export function recordTables(records: Records): Markup {
  return markup`${section('Token calls', records.tokenCalls.total, callTable(records))}
${section('Violations', records.violations.total, violationTable(records))}`;
}

function callTable({ tokenCalls }: Records): Markup {
  const latest = tokenCalls.all.slice(-ROWS).reverse();
  return table(
    ['No.', 'At (UTC)', 'Grant type', 'Account', 'Outcome', 'Fault'],
    latest.map((call) => [
      call.id,
      timeOf(call.startedAt),
      call.grant_type,
      markup`<code>${call.merchant_id ?? call.account ?? call.client_id}</code>`,
      [
        tag(call.outcome === 'issued' ? 'good' : 'bad', call.outcome.replace('_', ' ')),
        markup` ${call.error}`,
      ],
      call.fault?.replaceAll('_', ' '),
    ]),
  );
}

function violationTable({ violations }: Records): Markup {
  const latest = violations.all.slice(-ROWS).reverse();
  return markup`<p class="soft small">What a correct client would not do.</p>
${table(
  ['At (UTC)', 'Rule', 'What happened'],
  latest.map(({ at, rule, detail }) => [timeOf(at), markup`<code>${rule}</code>`, detail]),
)}`;
}
