import { markup } from '../server/markup.js';
import { page } from '../server/page.js';
import type { FyndAuthorizeRequest } from './authorize-request.js';

/** The page on which a seller lets an extension in. `action` is where its form goes. */
export function consentPage(
  { extension, company, scopes }: FyndAuthorizeRequest,
  chosen: string | undefined,
  action: string,
): string {
  const users = company.users.map(
    ({ _id, name, email }) => markup`<label class="row">
<input type="radio" name="user" value="${_id}"${_id === chosen && markup` checked`}>
<span><strong>${name}</strong><small>${email}</small></span>
</label>
`,
  );
  return page(
    `Install ${extension.name}`,
    markup`<div class="card">
<p class="soft small">Fynd, emulated</p>
<h1>Install ${extension.name}</h1>
<p class="soft">For ${company.name}, company ${company.company_id}.</p>
<form method="post" action="${action}">
<fieldset><legend>You are</legend>
${users}
</fieldset>
<fieldset><legend>The extension will be able to use</legend>
${scopes.map((scope) => markup`<p><code>${scope}</code></p>`)}
</fieldset>
<div class="actions stack">
<button class="main grow" name="decision" value="approve">Approve</button>
<button class="grow" name="decision" value="deny">Reject</button>
</div>
</form>
</div>`,
    true,
  );
}

/** A page in a frame that goes on in the whole window. */
export function breakOutPage(href: string): string {
  return page(
    'Continue in a page of its own',
    markup`<div class="card"><h1>Continue in a page of its own</h1>
<p><a href="${href}" target="_top">Continue in a new page</a></p></div>`,
    true,
  );
}
