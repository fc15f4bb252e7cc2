import type { Host } from '../host.js';
import type { ProviderName } from '../provider-names.js';

/** One provider's part of the home page. */
export interface ProviderCard {
  readonly provider: ProviderName;
  readonly title: string;
  /** What can be done here, in one line. */
  readonly line: string;
  /** The variables that set it up. */
  readonly variables: readonly string[];
  /** Markup beside the title: links and buttons. */
  actions(host: Host): string;
  /** Markup below it: where the script puts what there is. */
  readonly body: string;
  /** Browser script, run after the common one. */
  readonly script: string;
}

export function renderCard(card: ProviderCard, host: Host): string {
  const { provider, title, line, variables } = card;
  const ready = host.providers.includes(provider);
  const missing = variables.map((name) => `<code>${name}</code>`).join(' ');
  const content = ready
    ? `${card.body}
<div class="answer" role="region" aria-label="Answer of ${title}" aria-live="polite" hidden></div>`
    : `<p class="hint">Not configured. Set ${missing}</p>`;
  return `<section class="provider" id="${provider}" aria-labelledby="${provider}-title">
<div class="connect">
<div><h2 id="${provider}-title">${title}</h2><p>${line}</p></div>
<nav aria-label="${title}">${ready ? card.actions(host) : '<span class="pill">not configured</span>'}</nav>
</div>
${content}
</section>`;
}
