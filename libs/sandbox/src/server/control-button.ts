import { markup, type Markup } from './markup.js';

/** A button on the home page that calls a control route. Works without script. */
export function controlButton(label: string, route: string, body: unknown): Markup {
  return markup`<form method="post" action="/__sandbox/form">
<input type="hidden" name="route" value="${route}">
<input type="hidden" name="body" value="${JSON.stringify(body)}">
<button>${label}</button>
</form>`;
}
