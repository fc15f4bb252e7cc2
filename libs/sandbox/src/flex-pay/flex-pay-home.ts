import { controlButton } from '../server/control-button.js';
import { markup, type Markup } from '../server/markup.js';
import { section, table, tag } from '../server/page-parts.js';
import { faultButtons, recordTables } from '../server/record-parts.js';
import type { FlexPaySandbox } from './flex-pay-sandbox.js';

const ROWS = 15;

/** Flex Pay's part of the home page. */
export function flexPayHomeSection(sandbox: FlexPaySandbox): Markup {
  const { clients, orders, records } = sandbox.world;
  const { blockAddress } = sandbox.settings;
  return markup`${section('Flex Pay', undefined, facts(sandbox))}
${faultButtons(
  'flex-pay',
  markup`${controlButton('Expire all access tokens', 'POST flex-pay/expire-access-tokens', {})}
${controlButton(
  blockAddress ? 'Let the address in' : 'Block the address',
  'POST flex-pay/settings',
  {
    blockAddress: !blockAddress,
  },
)}`,
)}
${section('Clients', clients.count, clientTable(sandbox))}
${section('Orders', orders.count, orderTable(sandbox))}
${recordTables(records)}`;
}

function facts({ preProductionUrl, productionUrl, settings }: FlexPaySandbox): Markup {
  return markup`<dl>
<dt>Pre-production</dt><dd><code>${preProductionUrl}</code></dd>
<dt>Production</dt><dd><code>${productionUrl}</code></dd>
<dt>Access tokens live</dt><dd>${settings.accessTokenSeconds} s${!settings.sendExpiresIn && ', not told'}</dd>
<dt>This address</dt><dd>${settings.blockAddress ? tag('bad', 'blocked') : tag('good', 'let in')}</dd>
</dl>`;
}

function clientTable({ clients }: FlexPaySandbox): Markup {
  return table(
    ['Merchant', 'Environment', 'Client id'],
    clients
      .slice(0, ROWS)
      .map(({ merchant, environment, clientId }) => [
        merchant,
        environment,
        markup`<code>${clientId}</code>`,
      ]),
  );
}

function orderTable({ world }: FlexPaySandbox): Markup {
  return table(
    ['Order', 'Merchant', 'Amount', 'Buyer'],
    world.orders.all
      .slice(-ROWS)
      .reverse()
      .map((order) => [
        markup`<a href="${order.redirectUrl}"><code>${order.id}</code></a>`,
        order.client.merchant,
        `${order.currency} ${(order.cents / 100).toFixed(2)}`,
        order.decision === 'open'
          ? 'open'
          : tag(order.decision === 'approved' ? 'good' : 'bad', order.decision),
      ]),
  );
}
