import { ORDER_EVENTS } from './order-events.js';
import { PERMISSIONS } from './permissions.js';

const choice = (name: string, value: string, label: string, checked = true): string =>
  `<label class="check"><input type="checkbox" name="${name}" value="${value}"${checked ? ' checked' : ''}> ${label}</label>`;

/** Where the script puts partner apps, and the one that is looked at. */
export function administrationSection(): string {
  const permissions = PERMISSIONS.map(({ permissionId, title }) =>
    choice('permissions', permissionId, title, permissionId === 'manage_orders'),
  );
  return `<section id="apps" aria-labelledby="apps-title">
<div class="connect"><div><h2 id="apps-title">Partner apps of Flint</h2><p>With the developer key of this host.</p></div></div>
<div class="list" id="apps-list"></div>
<form class="stack" id="new-app" autocomplete="off" aria-label="New partner app">
<label>Name of a new app <input name="name" required maxlength="100"></label>
<fieldset><legend>It asks merchants for</legend><div class="checks">${permissions.join('\n')}</div></fieldset>
<button class="main">Create the app</button>
</form>
<div class="answer" role="region" aria-label="Answer of partner apps" aria-live="polite" hidden></div>
</section>
<section id="app" aria-labelledby="app-title" hidden>
<div class="connect"><div><h2 id="app-title" tabindex="-1"></h2><p id="app-client"></p></div></div>
<h3>Webhooks to this host</h3>
<div class="list one" id="app-webhooks"></div>
<form class="stack" id="new-webhook" aria-label="New webhook">
<label>What it tells of <select name="sourceType">
<option value="app">Installs of the app and their ends</option>
<option value="installed_merchants">Events of the merchants</option>
</select></label>
<fieldset id="of-merchants" hidden><legend>Events</legend>
<div class="checks">${ORDER_EVENTS.map((type) => choice('eventTypes', type, `<code>${type}</code>`)).join('\n')}</div>
<label>Mode <select name="mode"><option value="both">test and live</option><option>test</option><option>live</option></select></label>
</fieldset>
<button class="main">Create the webhook</button>
</form>
<h3>Installs</h3>
<div class="list" id="app-installs"></div>
<div class="answer" role="region" aria-label="Answer of the app" aria-live="polite" hidden></div>
</section>`;
}
