export const HOME_STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#e0e5ec;--paper:#fff;--ground:#f4f6f9;--accent:#1f5eff;--good:#0b7a4b;--bad:#b3261e;--warn:#9a5b00}
@media (prefers-color-scheme:dark){:root{--ink:#edf1f7;--soft:#9aa6b6;--line:#2c3542;--paper:#171d26;--ground:#0e131a;--accent:#7aa2ff;--good:#5fd39b;--bad:#ff8a80;--warn:#f2b65c}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header,main{max-width:56rem;margin:0 auto;padding:1.25rem}
header{padding-bottom:0}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:0}h3{font-size:1rem;margin:0;overflow-wrap:anywhere}
p{margin:.25rem 0;color:var(--soft)}
header p{text-wrap:balance}header p a{white-space:nowrap}
a{color:var(--accent)}
section{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:1.1rem;margin-bottom:1rem;scroll-margin-top:1rem}
.connect{display:flex;gap:.5rem 1rem;justify-content:space-between;align-items:center;flex-wrap:wrap}
.connect>div{flex:1 1 18rem}
nav{display:flex;gap:.5rem;flex-wrap:wrap}
nav:empty{display:none}
.list{display:grid;gap:.8rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr));margin-top:.8rem}
.list.one{grid-template-columns:1fr}
.list:empty{display:none}
.actions{display:grid;gap:.5rem;grid-template-columns:1fr 1fr}
.wide{display:flex;flex-wrap:wrap;margin-top:.8rem}
.button,button{font:inherit;font-weight:600;border:1px solid var(--line);border-radius:9px;padding:.5rem .85rem;background:var(--paper);color:var(--ink);cursor:pointer;text-decoration:none;min-height:2.75rem;display:inline-flex;align-items:center;justify-content:center;text-align:center}
.connect .button,.main{background:var(--accent);border-color:var(--accent);color:var(--paper)}
button:disabled{opacity:.6;cursor:progress}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
button.danger{color:var(--bad)}
.fields{display:grid;gap:.6rem;grid-template-columns:7rem 1fr 1fr auto;align-items:end;margin-top:.8rem}
.fields label{display:grid;gap:.2rem;font-size:.85rem;color:var(--soft)}
input{font:inherit;color:var(--ink);background:var(--ground);border:1px solid var(--soft);border-radius:9px;padding:.45rem .7rem;min-height:2.75rem;width:100%}
article{background:var(--ground);border:1px solid var(--line);border-radius:10px;padding:1rem;display:grid;gap:.7rem;align-content:start;min-width:0}
article header,.who{padding:0;margin:0;display:flex;justify-content:space-between;gap:.5rem;align-items:center;flex-wrap:wrap;max-width:none}
h4{font-size:.9rem;margin:0;overflow-wrap:anywhere}
article p{margin:0;font-size:.85rem;overflow-wrap:anywhere}
.accounts{display:grid;gap:.6rem}
.account{border-top:1px solid var(--line);padding-top:.6rem;margin-top:.8rem;font-size:.9rem}
.account+.account{margin-top:0}
.events{display:grid;gap:.5rem;grid-template-columns:1fr 1fr}.events .danger{grid-column:1/-1}
.checks{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}
.check{display:inline-flex;gap:.5rem;align-items:center;min-height:2.75rem;font-size:.9rem}
.check input{width:1.2rem;min-height:1.2rem;height:1.2rem;margin:0;accent-color:var(--accent)}
.stack{display:grid;gap:.8rem;margin:1rem 0;max-width:32rem;justify-items:start}
.stack>label,fieldset>label{display:grid;gap:.2rem;font-size:.85rem;color:var(--soft);width:100%}
fieldset{border:1px solid var(--line);border-radius:9px;padding:.3rem .8rem .7rem;margin:0;width:100%;min-width:0}
legend{font-size:.85rem;color:var(--soft);padding:0 .3rem}
select{font:inherit;color:var(--ink);background:var(--ground);border:1px solid var(--soft);border-radius:9px;padding:.45rem .7rem;min-height:2.75rem;width:100%}
#app>h3{margin-top:1.2rem}
.deliveries{list-style:none;margin:.8rem 0 0;padding:0}
.deliveries>li{border-top:1px solid var(--line);padding:.6rem 0}
.head{display:flex;gap:.8rem;align-items:center;justify-content:space-between}
.head>div{min-width:0}.head p{margin:.15rem 0 0;font-size:.85rem;overflow-wrap:anywhere}
.head .who{justify-content:flex-start}.head code{overflow-wrap:anywhere}
.details{padding:.6rem 0 .4rem;display:grid;gap:.5rem;min-width:0}
pre{margin:0;background:var(--ground);border:1px solid var(--line);border-radius:9px;padding:.7rem;overflow-x:auto;font:.8rem/1.45 ui-monospace,Menlo,monospace;max-height:24rem}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap;margin:0}
.hint{font-size:.9rem;color:var(--soft);overflow-wrap:anywhere}
.pill{font-size:.8rem;font-weight:600;border:1px solid currentColor;border-radius:99px;padding:.1rem .6rem;color:var(--soft);white-space:nowrap}
.active,.enabled,.done,.Accepted,.Settled,.authorized{color:var(--good)}.revoked{color:var(--soft)}.reauthorization_required{color:var(--warn)}.Declined,.dead{color:var(--bad)}.failing{color:var(--warn)}
.scopes{display:flex;flex-wrap:wrap;gap:.3rem;font:.78rem ui-monospace,Menlo,monospace}
.scopes span{background:var(--paper);border-radius:6px;padding:.1rem .4rem;overflow-wrap:anywhere}
.tokens{display:grid;gap:.6rem 1.2rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr))}
progress{display:block;width:100%;height:.5rem;accent-color:var(--good)}
.life span:last-child{white-space:nowrap}.life{font-size:.85rem;color:var(--soft);display:flex;justify-content:space-between;gap:.5rem}
.answer{border-top:1px solid var(--line);margin-top:1rem;padding-top:1rem}
#channels .answer{border:0;margin:0;padding:0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;margin-top:.6rem}
th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-letter{text-transform:uppercase}
th[scope=row]{white-space:normal;overflow-wrap:normal;vertical-align:top}td.long{white-space:normal;overflow-wrap:anywhere;width:100%}
.problem,.fine{border-left:4px solid var(--bad);padding-left:.9rem;margin-top:.6rem;overflow-wrap:anywhere}
.fine{border-color:var(--good)}
.problem>p:first-child,.fine>p:first-child{color:var(--ink)}
.problem code{font-size:.85em}
@media(max-width:44rem){.fields{grid-template-columns:1fr 1fr}.fields label:first-child,.fields button{grid-column:1/-1}}
@media(max-width:30rem){.connect nav{width:100%}nav .button,nav button,.wide button{flex:1 0 auto}.problem,.fine{padding-left:.7rem;font-size:.95rem}th,td{padding:.4rem .35rem;font-size:.8rem}.fields{grid-template-columns:1fr}}
`;
