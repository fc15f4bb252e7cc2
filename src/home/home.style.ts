export const HOME_STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#e0e5ec;--paper:#fff;--ground:#f4f6f9;--accent:#1f5eff;--good:#0b7a4b;--bad:#b3261e;--warn:#9a5b00}
@media (prefers-color-scheme:dark){:root{--ink:#edf1f7;--soft:#9aa6b6;--line:#2c3542;--paper:#171d26;--ground:#0e131a;--accent:#7aa2ff;--good:#5fd39b;--bad:#ff8a80;--warn:#f2b65c}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header,main{max-width:56rem;margin:0 auto;padding:1.25rem}
header{padding-bottom:0}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:0}
p{margin:.25rem 0;color:var(--soft)}
header p{text-wrap:balance}header a{white-space:nowrap}
a{color:var(--accent)}
section{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:1.1rem;margin-bottom:1rem}
#connections{background:none;border:0;padding:0;display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr))}
.connect{display:flex;gap:1rem;justify-content:space-between;align-items:center;flex-wrap:wrap}
nav{display:flex;gap:.5rem;flex-wrap:wrap}
.actions{display:grid;gap:.5rem;grid-template-columns:1fr 1fr}
.button,button{font:inherit;font-weight:600;border:1px solid var(--line);border-radius:9px;padding:.5rem .85rem;background:var(--paper);color:var(--ink);cursor:pointer;text-decoration:none;min-height:2.75rem;display:inline-flex;align-items:center;justify-content:center}
.connect .button{background:var(--accent);border-color:var(--accent);color:var(--paper)}
button:focus-visible,.button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
button.danger{color:var(--bad)}
article{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:1.1rem;display:grid;gap:.7rem;align-content:start}
article header{padding:0;margin:0;display:flex;justify-content:space-between;gap:.5rem;align-items:center;flex-wrap:wrap}
.pill{font-size:.8rem;font-weight:600;border:1px solid currentColor;border-radius:99px;padding:.1rem .6rem}
.active{color:var(--good)}.revoked{color:var(--soft)}.reauthorization_required{color:var(--warn)}
.scopes{display:flex;flex-wrap:wrap;gap:.3rem;font:.78rem ui-monospace,Menlo,monospace}
.scopes span{background:var(--ground);border-radius:6px;padding:.1rem .4rem;overflow-wrap:anywhere}
progress{display:block;width:100%;height:.5rem;accent-color:var(--good)}
.life{font-size:.85rem;color:var(--soft);display:flex;justify-content:space-between}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;margin-top:.6rem}
th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid var(--line);white-space:nowrap}
.scroll:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.problem{border-left:4px solid var(--bad);padding-left:.9rem;margin-top:.6rem;overflow-wrap:anywhere}
.problem code{font-size:.85em}
@media(max-width:30rem){.connect nav{width:100%}.connect .button{flex:1 0 auto}.problem{padding-left:.7rem;font-size:.95rem}th,td{padding:.4rem .35rem;font-size:.8rem}}
`;
