import { escape } from '../home/escape.js';
import { renderPage } from '../home/page.js';
import type { Host } from '../host.js';
import { launchLink } from './launch-link.js';

const SCRIPT = `
const companyId = document.getElementById('channels').dataset.company;
async function present() {
  const { ok, body } = await call('/fynd/launch');
  const { launch } = body;
  if (!ok) return show('channels', 'Not available', { ok, body });
  if (!launch || launch.companyId !== companyId) {
    const detail = launch ? 'This browser is signed in to company ' + launch.companyId + '.' : body.detail;
    document.getElementById('launch').hidden = false;
    return show('channels', 'Not launched', { ok: false, body: { detail, code: body.code || 'not_connected' } });
  }
  show('channels', 'Seen by ' + launch.userId, await call('/fynd/channels', { id: launch.person.id }));
}
present();
`;

/** The extension's own page for one company: its sales channels, as the person may see them. */
export function renderExtension(nonce: string, companyId: string, host: Host): string {
  return renderPage(nonce, host, {
    title: `Sales channels of company ${companyId}`,
    introduction:
      'The extension’s own page, where a launch ends. <a href="/#fynd">All providers</a>',
    main: `<section id="channels" data-company="${companyId}" aria-label="Sales channels">
<div class="answer" role="region" aria-label="Channels" aria-live="polite"><p>Asking Fynd…</p></div>
<p id="launch" hidden><a class="button main" href="${escape(launchLink(host, companyId))}">Launch</a></p>
</section>`,
    script: SCRIPT,
  });
}
