import { controlButton } from '../server/control-button.js';
import { markup, type Markup } from '../server/markup.js';
import { section, table } from '../server/page-parts.js';
import { faultButtons, recordTables } from '../server/record-parts.js';
import { deliveryTable } from '../webhooks/delivery-table.js';
import type { FyndSandbox } from './fynd-sandbox.js';

const ORDER_PLACED = { category: 'application', name: 'order', type: 'placed', version: '1' };

/** Fynd's part of the home page. */
export function fyndHomeSection(sandbox: FyndSandbox): Markup {
  const { extension, settings, companies } = sandbox;
  const facts = markup`<dl>
<dt>Base URL</dt><dd><code>${sandbox.url}</code></dd>
<dt>API key</dt><dd><code>${extension.client_id}</code></dd>
<dt>Extension URL</dt><dd><code>${extension.extensionUrl}</code></dd>
<dt>Online tokens live</dt><dd>${settings.onlineTokenSeconds} s</dd>
<dt>Offline tokens live</dt><dd>${settings.offlineTokenSeconds} s</dd>
</dl>`;
  return markup`${section('Fynd', undefined, facts)}
${faultButtons('fynd', controlButton('Expire all access tokens', 'POST fynd/expire-access-tokens', {}))}
${section(
  'Companies',
  companies.length,
  table(
    ['Company', 'Users', 'Panel', ''],
    companies.map(({ company_id, name, users }) => [
      markup`${name}<br><code>${company_id}</code>`,
      users.map((user) => markup`${user.name} <code>${user._id}</code><br>`),
      markup`<a href="/fynd/panel/company/${company_id}">Open the panel</a>`,
      [
        controlButton('Uninstall', 'POST fynd/uninstall', { company_id }),
        controlButton('Install by itself', 'POST fynd/auto-install', { company_id }),
        controlButton('Ping', 'POST fynd/ping', { company_id }),
        controlButton('Order event', 'POST fynd/emit', { company_id, event: ORDER_PLACED }),
      ],
    ]),
  ),
)}
${deliveryTable('fynd', sandbox.webhooks)}
${recordTables(sandbox.world.records)}`;
}
