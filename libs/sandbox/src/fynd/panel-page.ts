import { htmlAnswer, type Answer } from '../server/answer.js';
import { markup } from '../server/markup.js';
import { page } from '../server/page.js';
import type { FyndCompany } from './fynd-company.js';
import type { FyndExtension } from './fynd-extension.js';

/** What a panel shows. */
export interface FyndPanel {
  readonly extension: FyndExtension;
  readonly company: FyndCompany;
  /** `_id` of the user. */
  readonly signedIn: string | undefined;
  /** What launches name as `cluster_url`. */
  readonly clusterUrl: string;
  readonly framed: boolean;
}

/** The panel of a company, with the extension in its frame, as sellers open it. */
export function panelPage({ extension, company, signedIn, clusterUrl, framed }: FyndPanel): Answer {
  const launch = new URL(`${extension.extensionUrl.replace(/\/+$/, '')}/fp/install`);
  launch.searchParams.set('company_id', String(company.company_id));
  launch.searchParams.set('client_id', extension.client_id);
  launch.searchParams.set('cluster_url', clusterUrl);
  const here = (more: Record<string, string>): string =>
    `?${new URLSearchParams({ client_id: extension.client_id, ...more }).toString()}`;
  const users = company.users.map(({ _id, name }) =>
    _id === signedIn
      ? markup`<strong>${name}</strong> `
      : markup`<a href="${here({ user: _id })}">${name}</a> `,
  );
  const body = page(
    `${company.name}: ${extension.name}`,
    markup`<h1>${company.name}</h1>
<p class="soft small">The Fynd panel, emulated. Signed in: ${users}</p>
<p class="soft small"><a href="${launch.href}" target="_top">Open ${extension.name} in a page of its own</a>,
or <a href="${here({ mode: 'breakout' })}">let it break out of the frame</a>.</p>
${framed && markup`<iframe title="${extension.name}" src="${launch.href}" style="width:100%;height:32rem;border:1px solid #dde2ea;border-radius:12px"></iframe>`}`,
  );
  const answer = htmlAnswer(200, body);
  const policy = answer.headers['content-security-policy'] ?? '';
  // The flow goes to and fro between the extension and this origin, all of it in the frame.
  const frames = `frame-src 'self' ${launch.origin}`;
  return {
    ...answer,
    headers: { ...answer.headers, 'content-security-policy': `${policy}; ${frames}` },
  };
}
