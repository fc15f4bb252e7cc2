import { html, type Html, type HtmlValue } from '../server/html.js';
import { controlButton } from '../server/control-button.js';
import type { FlintSandbox } from './flint-sandbox.js';
import type { FlintWorld } from './flint-world.js';

const ROWS = 15;

/** Flint's part of the home page. */
export function flintHomeSection(world: FlintWorld, sandbox: FlintSandbox): Html {
  const { tokenCalls, violations } = sandbox;
  const merchants = sandbox.merchants.slice(0, ROWS);
  const installs = sandbox.installs;
  return html`<section class="card">
      <h2>Flint</h2>
      <dl>
        <dt>Base URL</dt>
        <dd><code>${sandbox.url}</code></dd>
        <dt>Client id</dt>
        <dd><code>${sandbox.app.client_id}</code></dd>
        <dt>Redirect URIs</dt>
        <dd>${sandbox.app.redirect_uris.map((uri) => html`<code>${uri}</code><br />`)}</dd>
        <dt>Access tokens live</dt>
        <dd>${sandbox.settings.accessTokenSeconds} s</dd>
      </dl>
    </section>
    <section class="card">
      <h2>What may go wrong next</h2>
      <p class="soft small">Each button breaks one token call to come.</p>
      <div class="actions">
        ${[
          controlButton('Slow by 5 s', 'POST faults', {
            on: 'token',
            fault: { kind: 'delay', ms: 5000 },
          }),
          controlButton('Status 503', 'POST faults', {
            on: 'token',
            fault: { kind: 'status', status: 503 },
          }),
          controlButton('Rate limit', 'POST faults', {
            on: 'token',
            fault: { kind: 'rate_limit', retryAfter: 10 },
          }),
          controlButton('HTML page', 'POST faults', {
            on: 'token',
            fault: { kind: 'html', committed: false },
          }),
          controlButton('Lost answer', 'POST faults', {
            on: 'token',
            fault: { kind: 'drop_after_commit' },
          }),
          controlButton('Cut before', 'POST faults', {
            on: 'token',
            fault: { kind: 'drop_before_commit' },
          }),
        ]}
      </div>
      <h3>At once</h3>
      <div class="actions">
        ${controlButton('Expire all access tokens', 'POST flint/expire-access-tokens', {})}
      </div>
    </section>
    <section class="card">
      <h2>Merchants <span class="soft small">${sandbox.merchants.length}</span></h2>
      ${table(
        ['Merchant', 'Environments', ''],
        merchants.map((merchant) => [
          html`${merchant.name}<br /><code>${merchant.merchant_id}</code>`,
          merchant.environments
            .slice(0, 5)
            .map(({ environment_id }) => html`<code>${environment_id}</code> `),
          merchant.onboarded
            ? html`<span class="tag good">onboarded</span>`
            : html`<span class="tag bad">test only</span>`,
        ]),
      )}
    </section>
    <section class="card">
      <h2>Installs <span class="soft small">${installs.length}</span></h2>
      ${table(
        ['Grant', 'Merchant', 'Mode', 'Status', ''],
        installs
          .slice(-ROWS)
          .reverse()
          .flatMap(({ merchant_id, environment_grants }) =>
            environment_grants
              .slice(-5)
              .map(({ environment_grant_id, mode, status }) => [
                html`<code>${environment_grant_id}</code>`,
                html`<code>${merchant_id}</code>`,
                mode,
                html`<span class="tag ${status === 'active' ? 'good' : 'bad'}"
                  >${status.replace('_', ' ')}</span
                >`,
                status !== 'revoked' &&
                  controlButton('Revoke', 'POST flint/revoke-grant', { environment_grant_id }),
              ]),
          ),
      )}
    </section>
    <section class="card">
      <h2>Token calls <span class="soft small">${world.records.tokenCalls.total}</span></h2>
      ${table(
        ['No.', 'At', 'Grant type', 'Merchant', 'Outcome', 'Fault'],
        tokenCalls
          .slice(-ROWS)
          .reverse()
          .map((call) => [
            call.id,
            timeOf(call.startedAt),
            call.grant_type,
            html`<code>${call.merchant_id}</code>`,
            html`<span class="tag ${call.outcome === 'issued' ? 'good' : 'bad'}"
                >${call.outcome.replace('_', ' ')}</span
              >
              ${call.error}`,
            call.fault?.replaceAll('_', ' '),
          ]),
      )}
    </section>
    <section class="card">
      <h2>Violations <span class="soft small">${world.records.violations.total}</span></h2>
      <p class="soft small">What a correct client would not do.</p>
      ${table(
        ['At', 'Rule', 'What happened'],
        violations
          .slice(-ROWS)
          .reverse()
          .map(({ at, rule, detail }) => [timeOf(at), html`<code>${rule}</code>`, detail]),
      )}
    </section>`;
}

function table(heads: readonly string[], rows: readonly (readonly HtmlValue[])[]): Html {
  if (rows.length === 0) return html`<p class="soft">None yet.</p>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function timeOf(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}
