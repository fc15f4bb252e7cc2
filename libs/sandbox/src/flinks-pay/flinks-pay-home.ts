import { controlButton } from '../server/control-button.js';
import { markup, type Markup } from '../server/markup.js';
import { section, table, tag, timeOf } from '../server/page-parts.js';
import { faultButtons, recordTables } from '../server/record-parts.js';
import { deliveryTable } from '../webhooks/delivery-table.js';
import type { FlinksPaySandbox } from './flinks-pay-sandbox.js';
import type { FlinksPaySession } from './flinks-pay-session.js';

const ROWS = 15;

/** FlinksPay's part of the home page. */
export function flinksPayHomeSection(sandbox: FlinksPaySandbox): Markup {
  const { sessions } = sandbox;
  return markup`${section('FlinksPay', undefined, facts(sandbox))}
${faultButtons(
  'flinks-pay',
  controlButton('Expire all access tokens', 'POST flinks-pay/expire-access-tokens', {}),
)}
${section('Customers', sandbox.customers.length, customerTable(sandbox))}
${section('Sessions', sessions.length, sessionTable(sandbox, sessions))}
${deliveryTable('flinks-pay', sandbox.webhooks)}
${recordTables(sandbox.world.records)}`;
}

function facts({ url, customer, settings }: FlinksPaySandbox): Markup {
  return markup`<dl>
<dt>Base URL</dt><dd><code>${url}</code></dd>
<dt>Username</dt><dd><code>${customer.username}</code></dd>
<dt>Credentials in</dt><dd>${settings.clientAuthentication}</dd>
<dt>Access tokens live</dt><dd>${settings.accessTokenSeconds} s</dd>
</dl>`;
}

function customerTable({ customers }: FlinksPaySandbox): Markup {
  return table(
    ['Customer', 'Username', 'Base URL'],
    customers
      .slice(0, ROWS)
      .map(({ name, username, url }) => [
        name,
        markup`<code>${username}</code>`,
        markup`<code>${url}</code>`,
      ]),
  );
}

function sessionTable(sandbox: FlinksPaySandbox, sessions: readonly FlinksPaySession[]): Markup {
  const latest = sessions.slice(-ROWS).reverse();
  return table(
    ['At (UTC)', 'Session', 'Customer', 'Amount', 'Status', ''],
    latest.map((session) => [
      timeOf(session.createdAt),
      markup`${session.version} <code>${session.sessionId}</code>`,
      session.customer,
      session.amount,
      tag(session.status === 'Initiated' ? 'bad' : 'good', session.status),
      [
        markup`<a href="${hostedUrl(sandbox, session)}">Open</a>`,
        ...['Completed', 'Failed', 'Canceled'].map((status) => moveButton(session, status)),
        controlButton('Expire', 'POST flinks-pay/expire-session', {
          sessionId: session.sessionId,
        }),
      ],
    ]),
  );
}

function moveButton({ sessionId }: FlinksPaySession, status: string): Markup {
  return controlButton(status, 'POST flinks-pay/session-status', { sessionId, status });
}

function hostedUrl({ world }: FlinksPaySandbox, { customer, sessionId }: FlinksPaySession): string {
  return `${world.customers.get(customer).url}/app/?sessionId=${sessionId}`;
}
