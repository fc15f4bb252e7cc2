import { flexPayCard } from '../flex-pay/flex-pay.card.js';
import { flinksPayCard } from '../flinks-pay/flinks-pay.card.js';
import { flintCard } from '../flint/flint.card.js';
import { fluteCard } from '../flute/flute.card.js';
import { fyndCard } from '../fynd/fynd.card.js';
import type { Host } from '../host.js';
import { COMMON_SCRIPT } from './common.script.js';
import { escape } from './escape.js';
import { HOME_SCRIPT } from './home.script.js';
import { HOME_STYLE } from './home.style.js';
import { renderCard } from './provider-card.js';

const CARDS = [flintCard, flinksPayCard, fyndCard, fluteCard, flexPayCard];

export function renderHome(nonce: string, host: Host): string {
  const { sandbox, providers } = host;
  const scripts = CARDS.filter(({ provider }) => providers.includes(provider));
  const introduction =
    sandbox === undefined
      ? 'Connected to the providers themselves.'
      : `Running with the sandbox, no credentials needed. <a href="${escape(sandbox.url)}">Open the sandbox</a> to revoke a grant or break a provider.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Nest Flock</title><style nonce="${nonce}">${HOME_STYLE}</style>
</head>
<body>
<header><h1>Nest Flock</h1><p>${introduction}</p></header>
<main>
${CARDS.map((card) => renderCard(card, host)).join('\n')}
</main>
<script nonce="${nonce}">${COMMON_SCRIPT}${scripts.map(({ script }) => script).join('')}${HOME_SCRIPT}</script>
</body>
</html>
`;
}
