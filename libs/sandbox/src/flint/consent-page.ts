import { html, type Html } from '../server/html.js';
import { page } from '../server/page.js';
import type { AuthorizeRequest } from './authorize-request.js';
import type { ConsentChoice } from './consent.js';
import type { FlintPermission } from './flint-app.js';

/** More merchants than this are not listed. */
const MOST_LISTED = 50;

/** The page on which a merchant lets an app in. `action` is where its form goes. */
export function consentPage(
  request: AuthorizeRequest,
  choices: readonly ConsentChoice[],
  action: string,
): string {
  const { app, mode } = request;
  const open = choices.filter(({ barred }) => barred === undefined);
  const preferred =
    open.find(({ merchant }) => merchant.merchant_id === request.merchantId) ?? open[0];
  const asked = app.permission_manifest.filter(({ permission_id }) =>
    request.permissionIds.includes(permission_id),
  );
  return page(
    `Connect ${app.name}`,
    html`<div class="card">
        <p><span class="tag">${mode} mode</span> <span class="soft small">Flint, emulated</span></p>
        <h1>Connect ${app.name}</h1>
        <p class="soft">${app.name} would like to work with your Flint account.</p>
        <form method="post" action="${action}">
          <fieldset>
            <legend>Merchant</legend>
            ${choices.length === 0 && html`<p>No merchant has this environment.</p>`}
            ${choices.slice(0, MOST_LISTED).map((choice) => merchantRow(choice, choice === preferred))}
            ${choices.length > MOST_LISTED && html`<p class="soft small">And ${choices.length - MOST_LISTED} more, not listed.</p>`}
          </fieldset>
          <fieldset>
            <legend>${app.name} will be able to</legend>
            ${asked.map(permissionRow)}
          </fieldset>
          <div class="actions stack">
            <button
              class="main grow"
              name="decision"
              value="approve"
              ${!preferred && html` disabled`}
            >
              Approve
            </button>
            <button class="grow" name="decision" value="deny">Deny</button>
          </div>
        </form>
      </div>
      <p class="soft small">You will be sent back to <code>${request.redirectUri}</code></p>`,
    true,
  );
}

function merchantRow({ merchant, environment, barred }: ConsentChoice, chosen: boolean): Html {
  return html`<label class="row">
    <input
      type="radio"
      name="merchant_id"
      value="${merchant.merchant_id}"
      ${chosen && html` checked`}${barred && html` disabled`}
    />
    <span
      ><strong>${merchant.name}</strong>
      <small>${environment.name} · <code>${environment.environment_id}</code></small>
      ${barred && html`<small>${barred}</small>`}</span
    >
  </label>`;
}

function permissionRow({ permission_id, title, description, optional }: FlintPermission): Html {
  return html`<label class="row">
    <input
      type="checkbox"
      name="permission_ids"
      value="${permission_id}"
      checked${!optional && html` disabled`}
    />
    <span
      ><strong>${title}</strong>
      <small>${description}</small>
      <small>${optional ? 'Optional' : 'Needed by the app'}</small></span
    >
  </label>`;
}
