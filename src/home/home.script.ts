/** Plain browser script: everything from the server is set as text, never as markup. */
export const HOME_SCRIPT = `
const list = document.getElementById('connections');
const answer = document.getElementById('answer');
const longest = new Map();
const el = (tag, text, cls) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (cls) node.className = cls;
  return node;
};
const button = (label, run, cls) => {
  const node = el('button', label, cls);
  node.type = 'button';
  node.addEventListener('click', run);
  return node;
};
async function call(path, id, method) {
  try {
    const response = await fetch(path, { method: method || 'GET', headers: { 'X-Connection-Id': id, Accept: 'application/json' } });
    const body = await response.json().catch(() => ({}));
    return { ok: response.ok, body };
  } catch {
    return { ok: false, body: { detail: 'The app did not answer. Try again.', code: 'unreachable' } };
  }
}
// The heading above the table says these already.
const SAID = ['merchant_id', 'mode', 'environment_id'];
function cell(value) {
  if (value && typeof value === 'object') return (value.amount / 100).toFixed(2) + ' ' + value.currency;
  return String(value).replace(/^(\\d{4}-\\d\\d-\\d\\d)T(\\d\\d:\\d\\d).*Z$/, '$1 $2 UTC');
}
function rows(data) {
  const items = Array.isArray(data) ? data : Array.isArray(data && data.data) ? data.data : [];
  if (items.length === 0) return el('p', 'Nothing there.');
  const columns = Object.keys(items[0]).filter((key) => typeof items[0][key] !== 'object' || (items[0][key] && 'amount' in items[0][key])).filter((key) => !SAID.includes(key));
  const table = el('table');
  const head = table.createTHead().insertRow();
  columns.forEach((column) => {
    const title = el('th', column.replace(/_/g, ' '));
    title.scope = 'col';
    head.append(title);
  });
  const body = table.createTBody();
  items.forEach((item) => {
    const row = body.insertRow();
    columns.forEach((column) => row.append(el('td', cell(item[column]))));
  });
  const scroll = el('div', undefined, 'scroll');
  scroll.tabIndex = 0;
  scroll.append(table);
  return scroll;
}
function show(title, result) {
  answer.hidden = false;
  answer.replaceChildren(el('h2', title));
  if (result.ok) return answer.append(rows(result.body));
  const box = el('div', undefined, 'problem');
  box.append(el('p', result.body.detail || 'The call failed.'));
  const code = el('p', 'Code: ');
  code.append(el('code', result.body.code || 'unknown'));
  box.append(code);
  if (result.body.missingScopes) {
    const missing = el('p', 'Missing: ');
    missing.append(el('code', result.body.missingScopes.join(', ')));
    box.append(missing);
  }
  answer.append(box);
}
function card(connection, now) {
  const box = el('article');
  box.dataset.id = connection.id;
  box.dataset.environment = connection.environment;
  box.dataset.status = connection.status;
  const top = el('header');
  top.append(el('h2', (connection.merchant || 'Merchant') + ' · ' + connection.environment));
  top.append(el('span', connection.status.replace(/_/g, ' ') + (connection.reason ? ': ' + connection.reason.replace(/_/g, ' ') : ''), 'pill ' + connection.status));
  box.append(top);
  const scopes = el('div', undefined, 'scopes');
  connection.scopes.forEach((scope) => scopes.append(el('span', scope)));
  box.append(scopes);
  const actions = el('div', undefined, 'actions');
  const title = (what) => what + ' of ' + (connection.merchant || 'the merchant') + ' (' + connection.environment + ')';
  if (connection.status === 'active') {
    const left = Math.max(0, (connection.expiresAt - now) / 1000);
    const full = Math.max(left, longest.get(connection.id) || 0);
    longest.set(connection.id, full);
    const bar = el('progress');
    bar.max = full; bar.value = left;
    bar.setAttribute('aria-label', 'Remaining life of the token');
    const life = el('div', undefined, 'life');
    life.append(el('span', 'Token life'), el('span', Math.ceil(left) + ' s left'));
    box.append(life, bar);
    actions.append(
      button('Orders', async () => show(title('Orders'), await call('/orders', connection.id))),
      button('Customers', async () => show(title('Customers'), await call('/customers', connection.id))),
      button('Payments', async () => show(title('Payments'), await call('/payments', connection.id))),
      button('Disconnect', async () => {
        const result = await call('/flint/disconnect', connection.id, 'POST');
        if (result.ok) answer.hidden = true;
        else show('Disconnect ' + (connection.merchant || 'the merchant'), result);
        await update();
      }, 'danger'),
    );
  } else {
    const again = el('a', 'Reconnect', 'button');
    again.href = '/flint/install?mode=' + encodeURIComponent(connection.environment) + '&permission_ids=manage_orders,read_customers&return_to=/';
    actions.append(again);
  }
  box.append(actions);
  return box;
}
let drawn = '';
async function refresh() {
  const response = await fetch('/connections');
  const { now, connections } = await response.json();
  const shape = JSON.stringify(connections.map((c) => [c.id, c.status, c.reason, c.scopes]));
  if (shape !== drawn) {
    drawn = shape;
    list.replaceChildren(...connections.map((connection) => card(connection, now)));
    if (connections.length === 0) list.append(el('p', 'No connection yet.'));
    return;
  }
  connections.forEach((connection) => {
    const box = list.querySelector('[data-id="' + connection.id + '"]');
    const bar = box && box.querySelector('progress');
    if (!bar) return;
    const left = Math.max(0, (connection.expiresAt - now) / 1000);
    if (left > bar.max) bar.max = left;
    bar.value = left;
    box.querySelector('.life span:last-child').textContent = Math.ceil(left) + ' s left';
  });
}
const update = () => refresh().catch(() => {});
update();
setInterval(() => { if (!document.hidden) update(); }, 1000);
`;
