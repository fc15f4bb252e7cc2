import type { FaultList } from '../faults/fault-list.js';
import { controlButton } from './control-button.js';
import type { Emulator } from './emulator.js';
import { html, Html } from './html.js';
import { page } from './page.js';

/** `GET /`: what is running, what it has seen, and buttons for the common faults. */
export function homePage(
  url: string,
  emulators: readonly Emulator[],
  faults: FaultList,
  notice?: string,
): string {
  const active = faults.list();
  return page(
    'Nest Flock sandbox',
    html`<h1>Nest Flock sandbox</h1>
      <p class="soft">
        Emulated payment platforms at <code>${url}</code>. Nothing here is real.
        <a href="/">Reload</a>
      </p>
      ${notice !== undefined && html`<p class="card" role="status">${notice}</p>`}
      ${emulators.map((emulator) => new Html(emulator.homeSection()))}
      <section class="card">
        <h2>Faults in force <span class="soft small">${active.length}</span></h2>
        ${active.length === 0 && html`<p class="soft">None.</p>`}
        ${
          active.length > 0 &&
          html`<ul>
            ${active.slice(0, 20).map((fault) => html`<li><code>${JSON.stringify(fault)}</code></li>`)}
          </ul>`
        }
        <div class="actions">
          ${controlButton('Take all faults away', 'DELETE faults', {})}
          ${controlButton('Forget records and faults', 'POST reset', {})}
        </div>
      </section>`,
  );
}
