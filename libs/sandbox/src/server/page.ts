import { markup, Markup } from './markup.js';

const STYLE = new Markup(`
:root{color-scheme:light;--ink:#1c2330;--soft:#596275;--line:#dde2ea;--paper:#fff;--ground:#f4f6f9;--brand:#2f5bd8;--good:#1b7a43;--bad:#b3261e}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}
main.narrow{max-width:32rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}
h2{font-size:1.1rem;margin:0 0 .75rem}
h3{font-size:.95rem;margin:1.25rem 0 .5rem}
p{margin:.25rem 0 .75rem}
.soft{color:var(--soft)}
.small{font-size:.875rem}
.card{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:1.25rem;margin:1rem 0}
.tag{display:inline-block;border-radius:99px;padding:.05rem .6rem;font-size:.8rem;font-weight:600;background:#e8edfb;color:#24469f;white-space:nowrap}
.tag.good{background:#e1f3e8;color:var(--good)}
.tag.bad{background:#fbe6e4;color:var(--bad)}
code,.mono{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem}
th,td{text-align:left;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td:last-child,th:last-child{padding-right:0}
td code{overflow-wrap:normal;white-space:nowrap}
td button{padding:.25rem .7rem;min-height:2rem;font-size:.8rem}
th{color:var(--soft);font-weight:600;white-space:nowrap}
fieldset{border:0;padding:0;margin:0 0 1.25rem}
legend{font-weight:650;padding:0}
label.row{display:flex;gap:.75rem;align-items:flex-start;border:1px solid var(--line);border-radius:10px;padding:.75rem .9rem;margin:.5rem 0;cursor:pointer}
label.row:has(input:checked){border-color:var(--brand);background:#f5f8ff}
label.row:has(input:disabled){cursor:default;background:#f8f9fb}
label.row input{margin:.3rem 0 0;width:1.05rem;height:1.05rem;flex:none;accent-color:var(--brand)}
label.row span{min-width:0}
label.row strong,label.row small{display:block}
label.row small{color:var(--soft)}
.actions{display:flex;flex-wrap:wrap;gap:.6rem}
.actions form{margin:0}
button{font:inherit;font-weight:600;border-radius:8px;border:1px solid #bcc4d2;background:var(--paper);color:var(--ink);padding:.55rem 1rem;cursor:pointer;min-height:2.75rem}
button:hover{background:#f0f3f8}
button.main{background:var(--brand);border-color:var(--brand);color:#fff}
button.main:hover{background:#264cb8}
.grow{flex:1}
:focus-visible{outline:3px solid #9db6f5;outline-offset:2px}
a{color:#244cb8}
@media(max-width:30rem){.actions.stack button{width:100%}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
`);

/** A whole page in the sandbox's one look. `narrow` suits a single form. */
export function page(title: string, content: Markup, narrow = false): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main class="${narrow ? 'narrow' : 'wide'}">
${content}
</main>
</body>
</html>
`.value;
}
