import { controlButton } from '../server/control-button.js';
import { markup, type Markup } from '../server/markup.js';
import { section, table, tag } from '../server/page-parts.js';
import { faultButtons, recordTables } from '../server/record-parts.js';
import { deliveryTable } from '../webhooks/delivery-table.js';
import type { FlintSandbox } from './flint-sandbox.js';
import type { FlintWorld } from './flint-world.js';

const ROWS = 15;

/** Flint's part of the home page. */
export function flintHomeSection(world: FlintWorld, sandbox: FlintSandbox): Markup {
  const { records, installs } = world;
  return markup`${section('Flint', undefined, facts(sandbox))}
${faultButtons(
  'flint',
  controlButton('Expire all access tokens', 'POST flint/expire-access-tokens', {}),
)}
${section('Merchants', sandbox.merchants.length, merchantTable(sandbox))}
${section('Installs', installs.count, installTable(sandbox))}
${section('Webhook endpoints', sandbox.webhookEndpoints.length, webhookTable(sandbox))}
${deliveryTable('flint', sandbox.webhooks)}
${recordTables(records)}`;
}

function facts({ url, app, settings }: FlintSandbox): Markup {
  return markup`<dl>
<dt>Base URL</dt><dd><code>${url}</code></dd>
<dt>Client id</dt><dd><code>${app.client_id}</code></dd>
<dt>Redirect URIs</dt><dd>${app.redirect_uris.map((uri) => markup`<code>${uri}</code><br>`)}</dd>
<dt>Access tokens live</dt><dd>${settings.accessTokenSeconds} s</dd>
</dl>`;
}

function merchantTable({ merchants }: FlintSandbox): Markup {
  return table(
    ['Merchant', 'Environments', 'Live installs'],
    merchants
      .slice(0, ROWS)
      .map(({ name, merchant_id, environments, onboarded }) => [
        markup`${name}<br><code>${merchant_id}</code>`,
        environments.slice(0, 5).map(({ environment_id: id }) => markup`<code>${id}</code><br>`),
        onboarded ? tag('good', 'allowed') : tag('bad', 'not onboarded'),
      ]),
  );
}

function installTable({ installs }: FlintSandbox): Markup {
  const latest = installs.slice(-ROWS).reverse();
  const grants = latest.flatMap(({ merchant_id, partner_app_install_id, environment_grants }) =>
    environment_grants
      .slice(-5)
      .map((grant) => ({ merchant_id, partner_app_install_id, ...grant })),
  );
  return table(
    ['Grant', 'Merchant', 'Mode', 'Status', ''],
    grants.map(({ environment_grant_id, partner_app_install_id, merchant_id, mode, status }) => [
      markup`<code>${environment_grant_id}</code>`,
      markup`<code>${merchant_id}</code>`,
      mode,
      tag(status === 'active' ? 'good' : 'bad', status.replace('_', ' ')),
      status !== 'revoked' && [
        controlButton('Revoke', 'POST flint/revoke-grant', { environment_grant_id }),
        controlButton('Revoke the install', 'POST flint/revoke-install', {
          partner_app_install_id,
        }),
        controlButton('Order event', 'POST flint/emit', {
          event_type: 'order.payment_succeeded',
          merchant_id,
          mode,
        }),
      ],
    ]),
  );
}

function webhookTable({ webhookEndpoints }: FlintSandbox): Markup {
  return table(
    ['URL', 'App', 'Source', 'Mode', 'Events'],
    webhookEndpoints
      .slice(-ROWS)
      .map(({ url, partner_app_id, source_type, mode, event_types, enabled }) => [
        markup`<code>${url}</code>`,
        markup`<code>${partner_app_id}</code>`,
        enabled ? source_type : markup`${source_type} ${tag('bad', 'disabled')}`,
        mode,
        event_types.length === 0 ? 'all' : event_types.join(', '),
      ]),
  );
}
