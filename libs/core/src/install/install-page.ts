/** What a page of the install flow says. All of it is our own text or escaped. */
export interface InstallPage {
  readonly title: string;
  readonly text: string;
  /** Shown small, for support. */
  readonly code: string;
  readonly action?: { readonly label: string; readonly href: string };
}

/** No script, no image, nothing from elsewhere; framed by nobody but those named. */
export const pageHeaders = (
  frameAncestors: readonly string[],
): Readonly<Record<string, string>> => ({
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; " +
    `frame-ancestors ${frameAncestors.join(' ') || "'none'"}`,
});

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#e3e7ed;--paper:#fff;--ground:#f5f7fa;--accent:#1f5eff}
@media (prefers-color-scheme:dark){:root{--ink:#edf1f7;--soft:#9aa6b6;--line:#2c3542;--paper:#171d26;--ground:#0e131a;--accent:#7aa2ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:30rem;background:var(--paper);border:1px solid var(--line);border-radius:14px;padding:2rem}
h1{font-size:1.35rem;line-height:1.3;margin:0 0 .75rem}
p{margin:0 0 1.25rem}
a.action{display:inline-block;background:var(--accent);color:var(--paper);text-decoration:none;font-weight:600;padding:.65rem 1.15rem;border-radius:9px}
a.action:focus-visible{outline:3px solid var(--ink);outline-offset:2px}
small{display:block;margin-top:1.5rem;color:var(--soft)}
code{font-family:ui-monospace,SFMono-Regular,Menlo,monospace}`;

export function renderInstallPage(page: InstallPage): string {
  const action =
    page.action === undefined
      ? ''
      : `<a class="action" href="${escapeHtml(page.action.href)}">${escapeHtml(page.action.label)}</a>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>${escapeHtml(page.title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(page.title)}</h1><p>${escapeHtml(page.text)}</p>${action}<small>Code: <code>${escapeHtml(page.code)}</code></small></main></body>
</html>
`;
}

export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
