import { markup, type Markup } from '../server/markup.js';
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
  const more = choices.length - MOST_LISTED;
  return page(
    `Connect ${app.name}`,
    markup`<div class="card">
<p><span class="tag">${mode} mode</span> <span class="soft small">Flint, emulated</span></p>
<h1>Connect ${app.name}</h1>
<p class="soft">This app would like to work with your Flint account.</p>
<form method="post" action="${action}">
<fieldset>
<legend>Merchant</legend>
${choices.slice(0, MOST_LISTED).map((choice) => merchantRow(choice, choice === preferred))}
${choices.length === 0 && markup`<p>No merchant has this environment.</p>`}
${more > 0 && markup`<p class="soft small">And ${more} more, not listed.</p>`}
</fieldset>
<fieldset>
<legend>The app will be able to</legend>
${asked.map(permissionRow)}
</fieldset>
<div class="actions stack">
<button class="main grow" name="decision" value="approve"${!preferred && markup` disabled`}>Approve</button>
<button class="grow" name="decision" value="deny">Deny</button>
</div>
</form>
</div>
<p class="soft small">You will be sent back to <code>${request.redirectUri}</code></p>`,
    true,
  );
}

function merchantRow({ merchant, environment, barred }: ConsentChoice, chosen: boolean): Markup {
  const state = [chosen && markup` checked`, barred !== undefined && markup` disabled`];
  return markup`<label class="row">
<input type="radio" name="merchant_id" value="${merchant.merchant_id}"${state}>
<span><strong>${merchant.name}</strong>
<small>${environment.name} · <code>${environment.environment_id}</code></small>
${barred !== undefined && markup`<small>${barred}</small>`}</span>
</label>
`;
}

function permissionRow({ permission_id, title, description, optional }: FlintPermission): Markup {
  return markup`<label class="row">
<input type="checkbox" name="permission_ids" value="${permission_id}" checked${!optional && markup` disabled`}>
<span><strong>${title}</strong>
<small>${description}</small>
<small>${optional ? 'Optional' : 'Needed by the app'}</small></span>
</label>
`;
}
