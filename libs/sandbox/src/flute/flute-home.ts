import { controlButton } from '../server/control-button.js';
import { markup, type Markup } from '../server/markup.js';
import { section, table } from '../server/page-parts.js';
import { faultButtons, recordTables } from '../server/record-parts.js';
import { deliveryTable } from '../webhooks/delivery-table.js';
import { FLUTE_ENVIRONMENTS } from './flute-environment.js';
import type { FluteSandbox } from './flute-sandbox.js';

const ROWS = 15;

/** Flute's part of the home page. */
export function fluteHomeSection(sandbox: FluteSandbox): Markup {
  return markup`${section('Flute', undefined, facts(sandbox))}
${faultButtons(
  'flute',
  markup`${controlButton('Expire all access tokens', 'POST flute/expire-access-tokens', {})}
${controlButton('Expire all refresh tokens', 'POST flute/expire-refresh-tokens', {})}`,
)}
${section('API keys', sandbox.keys.length, keyTable(sandbox))}
${section('Webhook endpoints', sandbox.webhookEndpoints.length, webhookTable(sandbox))}
${deliveryTable('flute', sandbox.webhooks)}
${recordTables(sandbox.world.records)}`;
}

function facts(sandbox: FluteSandbox): Markup {
  const { settings } = sandbox;
  return markup`<dl>
${FLUTE_ENVIRONMENTS.map(
  (environment) => markup`<dt>Token, ${environment}</dt>
<dd><code>${sandbox.tokenUrl(environment)}</code></dd>
<dt>API, ${environment}</dt><dd><code>${sandbox.apiUrl(environment)}</code></dd>
`,
)}<dt>Credentials in</dt><dd>${settings.clientAuthentication}</dd>
<dt>Access tokens live</dt><dd>${settings.accessTokenSeconds} s</dd>
<dt>Refresh tokens</dt><dd>${refreshTokens(sandbox)}</dd>
</dl>`;
}

function refreshTokens({ settings }: FluteSandbox): string {
  if (!settings.refreshTokens) return 'none';
  return settings.rotation ? 'replaced at each use' : 'kept';
}

function keyTable({ keys }: FluteSandbox): Markup {
  return table(
    ['Client id', 'Environments'],
    keys
      .slice(0, ROWS)
      .map(({ client_id, environments }) => [
        markup`<code>${client_id}</code>`,
        environments.join(', '),
      ]),
  );
}

function webhookTable({ webhookEndpoints }: FluteSandbox): Markup {
  return table(
    ['URL', 'Environment', 'Key', ''],
    webhookEndpoints.slice(-ROWS).map(({ url, environment, key }) => [
      markup`<code>${url}</code>`,
      environment,
      markup`<code>${key.client_id}</code>`,
      controlButton('Captured event', 'POST flute/emit', {
        environment,
        clientId: key.client_id,
        type: 'transaction.card.captured',
        resourceType: 'transaction',
        resourceId: 'transaction-1',
      }),
    ]),
  );
}
