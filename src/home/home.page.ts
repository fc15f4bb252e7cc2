import { deliveriesSection } from '../deliveries/deliveries.section.js';
import { DELIVERIES_SCRIPT } from '../deliveries/deliveries.script.js';
import { flexPayCard } from '../flex-pay/flex-pay.card.js';
import { flinksPayCard } from '../flinks-pay/flinks-pay.card.js';
import { flintCard } from '../flint/flint.card.js';
import { fluteCard } from '../flute/flute.card.js';
import { fyndCard } from '../fynd/fynd.card.js';
import type { Host } from '../host.js';
import { escape } from './escape.js';
import { HOME_SCRIPT } from './home.script.js';
import { renderPage } from './page.js';
import { renderCard } from './provider-card.js';

const CARDS = [flintCard, flinksPayCard, fyndCard, fluteCard, flexPayCard];

export function renderHome(nonce: string, host: Host): string {
  const { sandbox, providers, operator } = host;
  const scripts = CARDS.filter(({ provider }) => providers.includes(provider));
  const introduction =
    sandbox === undefined
      ? 'Connected to the providers themselves.'
      : `Running with the sandbox, no credentials needed. <a href="${escape(sandbox.url)}">Open the sandbox</a> to revoke a grant or break a provider.`;
  // Behind a password they have a page of their own: visitors would be asked for it here.
  const open = operator.kind === 'open';
  const cards = CARDS.map((card) => renderCard(card, host)).join('\n');
  return renderPage(nonce, host, {
    title: 'Nest Flock',
    introduction: `${introduction}${open ? OPERATOR : ''}`,
    main: `${cards}\n${open ? deliveriesSection(host) : ''}`,
    script:
      scripts.map(({ script }) => script).join('') + HOME_SCRIPT + (open ? DELIVERIES_SCRIPT : ''),
  });
}

const OPERATOR = `</p><p>Below, <a href="#deliveries" id="deliveries-count">deliveries</a> show as they arrive. <a href="/operator">Administration</a> has partner apps, installs and webhooks.`;
