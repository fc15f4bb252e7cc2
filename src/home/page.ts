import type { Host } from '../host.js';
import { COMMON_SCRIPT } from './common.script.js';
import { HOME_STYLE } from './home.style.js';

export interface Page {
  readonly title: string;
  /** Markup below the title. */
  readonly introduction: string;
  readonly main: string;
  /** Run after the common one. */
  readonly script: string;
}

/** The frame that pages of this host have in common. Everything in it is markup already. */
export function renderPage(nonce: string, host: Host, page: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${page.title}</title><style nonce="${nonce}">${HOME_STYLE}</style>
</head>
<body${host.sandbox === undefined ? '' : ' data-sandbox'}>
<header><h1>${page.title}</h1><p>${page.introduction}</p></header>
<main>
${page.main}
</main>
<script nonce="${nonce}">${COMMON_SCRIPT}${page.script}</script>
</body>
</html>
`;
}
