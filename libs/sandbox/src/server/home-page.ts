import type { FaultList } from '../faults/fault-list.js';
import { controlButton } from './control-button.js';
import type { Emulator } from './emulator.js';
import { markup } from './markup.js';
import { page } from './page.js';
import { section } from './page-parts.js';

/** `GET /`: what is running, what it has seen, and buttons for the common faults. */
export function homePage(url: string, emulators: readonly Emulator[], faults: FaultList): string {
  const active = faults.list();
  const lines = active
    .slice(0, 20)
    .map((fault) => markup`<li><code>${JSON.stringify(fault)}</code></li>`);
  return page(
    'Nest Flock sandbox',
    markup`<h1>Nest Flock sandbox</h1>
<p class="soft">Payment platforms, emulated at <code>${url}</code>. No money moves here. <a href="/">Reload</a></p>
${emulators.map((emulator) => emulator.homeSection())}
${section(
  'Faults in force',
  active.length,
  markup`${active.length === 0 ? markup`<p class="soft">None.</p>` : markup`<ul class="small">${lines}</ul>`}
<div class="actions">
${controlButton('Take all faults away', 'DELETE faults', {})}
${controlButton('Forget records and faults', 'POST reset', {})}
</div>`,
)}`,
  );
}
