import type { Host } from '../host.js';
import { HOME_SCRIPT } from './home.script.js';
import { HOME_STYLE } from './home.style.js';

export function renderHome(nonce: string, host: Host): string {
  const sandbox =
    host.sandboxUrl === undefined
      ? 'Connected to Flint itself.'
      : `Running with the sandbox, no credentials needed. <a href="${host.sandboxUrl}">Open the sandbox</a> to revoke a grant or break the provider.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Nest Flock</title><style nonce="${nonce}">${HOME_STYLE}</style>
</head>
<body>
<header><h1>Nest Flock</h1><p>${sandbox}</p></header>
<main>
<section class="connect" aria-label="Connect Flint">
<div><h2>Flint</h2><p>Connect a merchant. Test and live stand side by side.</p></div>
<nav>
<a class="button" href="/flint/install?mode=test&amp;permission_ids=manage_orders,read_customers&amp;return_to=/">Connect in test</a>
<a class="button" href="/flint/install?mode=live&amp;permission_ids=manage_orders,read_customers&amp;return_to=/">Connect in live</a>
</nav>
</section>
<section id="connections" aria-label="Connections"></section>
<section id="answer" aria-label="Answer" aria-live="polite" hidden></section>
</main>
<script nonce="${nonce}">${HOME_SCRIPT}</script>
</body>
</html>
`;
}
