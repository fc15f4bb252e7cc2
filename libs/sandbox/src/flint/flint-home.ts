import { controlButton } from '../server/control-button.js';
import { markup, type Markup } from '../server/markup.js';
import { section, table, tag, timeOf } from '../server/page-parts.js';
import type { FlintSandbox } from './flint-sandbox.js';
import type { FlintWorld } from './flint-world.js';

const ROWS = 15;

/** Flint's part of the home page. */
export function flintHomeSection(world: FlintWorld, sandbox: FlintSandbox): Markup {
  const { records, installs } = world;
  return markup`${section('Flint', undefined, facts(sandbox))}
${section('What may go wrong next', undefined, faultButtons())}
${section('Merchants', sandbox.merchants.length, merchantTable(sandbox))}
${section('Installs', installs.count, installTable(sandbox))}
${section('Token calls', records.tokenCalls.total, callTable(sandbox))}
${section('Violations', records.violations.total, violationTable(sandbox))}`;
}

function facts({ url, app, settings }: FlintSandbox): Markup {
  return markup`<dl>
<dt>Base URL</dt><dd><code>${url}</code></dd>
<dt>Client id</dt><dd><code>${app.client_id}</code></dd>
<dt>Redirect URIs</dt><dd>${app.redirect_uris.map((uri) => markup`<code>${uri}</code><br>`)}</dd>
<dt>Access tokens live</dt><dd>${settings.accessTokenSeconds} s</dd>
</dl>`;
}

function faultButtons(): Markup {
  const token = (label: string, fault: Readonly<Record<string, unknown>>) =>
    controlButton(label, 'POST faults', { on: 'token', provider: 'flint', fault });
  return markup`<p class="soft small">Each button breaks one token call to come.</p>
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
${controlButton('Expire all access tokens', 'POST flint/expire-access-tokens', {})}
</div>`;
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
  const grants = latest.flatMap(({ merchant_id, environment_grants }) =>
    environment_grants.slice(-5).map((grant) => ({ merchant_id, ...grant })),
  );
  return table(
    ['Grant', 'Merchant', 'Mode', 'Status', ''],
    grants.map(({ environment_grant_id, merchant_id, mode, status }) => [
      markup`<code>${environment_grant_id}</code>`,
      markup`<code>${merchant_id}</code>`,
      mode,
      tag(status === 'active' ? 'good' : 'bad', status.replace('_', ' ')),
      status !== 'revoked' &&
        controlButton('Revoke', 'POST flint/revoke-grant', { environment_grant_id }),
    ]),
  );
}

function callTable({ tokenCalls }: FlintSandbox): Markup {
  const latest = tokenCalls.slice(-ROWS).reverse();
  return table(
    ['No.', 'At (UTC)', 'Grant type', 'Merchant', 'Outcome', 'Fault'],
    latest.map((call) => [
      call.id,
      timeOf(call.startedAt),
      call.grant_type,
      markup`<code>${call.merchant_id}</code>`,
      [
        tag(call.outcome === 'issued' ? 'good' : 'bad', call.outcome.replace('_', ' ')),
        markup` ${call.error}`,
      ],
      call.fault?.replaceAll('_', ' '),
    ]),
  );
}

function violationTable({ violations }: FlintSandbox): Markup {
  const latest = violations.slice(-ROWS).reverse();
  return markup`<p class="soft small">What a correct client would not do.</p>
${table(
  ['At (UTC)', 'Rule', 'What happened'],
  latest.map(({ at, rule, detail }) => [timeOf(at), markup`<code>${rule}</code>`, detail]),
)}`;
}
