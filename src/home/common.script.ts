/** Plain browser script: everything from the server is set as text, never as markup. */
export const COMMON_SCRIPT = `
const el = (tag, text, cls) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (cls) node.className = cls;
  return node;
};
// Only there can something be made to happen at a provider.
const sandboxed = 'sandbox' in document.body.dataset;
const words = (name) => String(name).replace(/([a-z])([A-Z])/g, (_, a, b) => a + ' ' + b.toLowerCase()).replace(/[_-]/g, ' ');
/** Says so while it runs, and cannot be pressed twice. */
async function busy(node, run) {
  const label = node.textContent;
  const focused = document.activeElement === node;
  node.style.minWidth = node.offsetWidth + 'px';
  node.disabled = true;
  node.textContent = 'Working…';
  try {
    await run();
  } finally {
    node.disabled = false;
    node.textContent = label;
    node.style.minWidth = '';
    if (focused && node.isConnected && document.activeElement === document.body) node.focus();
  }
}
const button = (label, run, cls) => {
  const node = el('button', label, cls);
  node.type = 'button';
  node.addEventListener('click', () => busy(node, run));
  return node;
};
/** Only where the address is one of the web. */
function link(label, url, elsewhere) {
  if (!/^(https?:\\/\\/|\\/)/.test(url)) return el('span', label);
  const node = el('a', label, 'button');
  node.href = url;
  if (elsewhere) { node.target = '_blank'; node.rel = 'noopener'; }
  return node;
}
async function call(path, { id, body, method } = {}) {
  const headers = { Accept: 'application/json' };
  if (id) headers['X-Connection-Id'] = id;
  if (body) headers['Content-Type'] = 'application/json';
  try {
    const response = await fetch(path, { method: method || (body ? 'POST' : 'GET'), headers, body: body && JSON.stringify(body) });
    const answer = await response.json().catch(() => ({}));
    return { ok: response.ok, status: response.status, body: answer };
  } catch {
    return { ok: false, body: { detail: 'The app did not answer. Try again.', code: 'unreachable' } };
  }
}
function cell(value) {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'object') return (value.amount / 100).toFixed(2) + ' ' + value.currency;
  return String(value).replace(/^(\\d{4}-\\d\\d-\\d\\d)T(\\d\\d:\\d\\d).*Z$/, '$1 $2 UTC');
}
const shown = (value) => typeof value !== 'object' || value === null || 'amount' in value;
// The heading above the table says these already.
const SAID = ['merchant_id', 'mode', 'environment_id'];
function scroller(table) {
  const scroll = el('div', undefined, 'scroll');
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'group');
  scroll.setAttribute('aria-label', 'Table');
  scroll.append(table);
  return scroll;
}
/** A list as a table; a single thing as a table of its fields. */
function rows(data) {
  const list = Array.isArray(data) ? data : Array.isArray(data && data.data) ? data.data : undefined;
  const table = el('table');
  if (!list) {
    const body = table.createTBody();
    Object.entries(data || {}).filter(([, value]) => shown(value)).forEach(([name, value]) => {
      const row = body.insertRow();
      const title = el('th', words(name));
      title.scope = 'row';
      row.append(title, el('td', cell(value), 'long'));
    });
    return table;
  }
  if (list.length === 0) return el('p', 'Nothing there.');
  const names = [...new Set(list.flatMap((item) => Object.keys(item)))];
  const columns = names.filter((name) => list.every((item) => shown(item[name])) && !SAID.includes(name));
  const head = table.createTHead().insertRow();
  columns.forEach((column) => {
    const title = el('th', words(column));
    title.scope = 'col';
    head.append(title);
  });
  const body = table.createTBody();
  list.forEach((item) => {
    const row = body.insertRow();
    columns.forEach((column) => row.append(el('td', cell(item[column]))));
  });
  return scroller(table);
}
function problem({ detail, message, code, error, providerCode, missingScopes }) {
  const box = el('div', undefined, 'problem');
  box.append(el('p', detail || message || 'The call failed.'));
  const named = (label, value) => {
    const line = el('p', label);
    line.append(el('code', value));
    box.append(line);
  };
  named('Code: ', code || error || 'unknown');
  if (providerCode) named('Said by the provider: ', providerCode);
  if (missingScopes) named('Missing: ', missingScopes.join(', '));
  return box;
}
/** Puts an answer into the part of the page that has this name. */
function show(name, title, result, draw) {
  const answer = document.querySelector('#' + name + ' .answer');
  answer.hidden = false;
  answer.replaceChildren(el('h3', title), result.ok ? (draw || rows)(result.body) : problem(result.body));
}
const hide = (name) => { document.querySelector('#' + name + ' .answer').hidden = true; };
const pill = (status, reason) => el('span', words(status) + (reason ? ': ' + words(reason) : ''), 'pill ' + status);
/** The remaining life of a connection's token; nothing where there is none. */
const longest = new Map();
function life(connection, now, label) {
  const box = el('div', undefined, 'token');
  box.dataset.token = connection.id;
  const line = el('div', undefined, 'life');
  line.append(el('span', label || 'Token life'), el('span'));
  box.append(line);
  if (connection.expiresAt !== undefined) {
    const bar = el('progress');
    bar.setAttribute('aria-label', 'Remaining life of the token');
    box.append(bar);
  }
  age(box, connection, now);
  return box;
}
function age(box, { id, expiresAt }, now) {
  const said = box.querySelector('.life span:last-child');
  if (expiresAt === undefined) { said.textContent = 'none yet'; return; }
  const left = Math.max(0, (expiresAt - now) / 1000);
  const full = Math.max(left, longest.get(id) || 0);
  longest.set(id, full);
  const bar = box.querySelector('progress');
  bar.max = full;
  bar.value = left;
  said.textContent = Math.ceil(left) + ' s left';
}
/** Draws anew what has changed in kind; of the rest only the token's life moves on. */
const drawn = new Map();
function redraw(place, connections, now, draw) {
  const shape = JSON.stringify(connections.map(({ expiresAt, ...rest }) => [rest, expiresAt === undefined]));
  if (drawn.get(place) !== shape) {
    drawn.set(place, shape);
    place.replaceChildren(...draw());
    return;
  }
  connections.forEach((connection) => {
    const box = [...place.querySelectorAll('.token')].find((node) => node.dataset.token === connection.id);
    if (box) age(box, connection, now);
  });
}

/** What each card does with its provider's connections. */
const painters = [];
/** The app's own accounts: nobody connects them. */
function accounts(provider, note) {
  const place = document.querySelector('#' + provider + ' .accounts');
  painters.push({ provider, paint: (connections, now) => redraw(place, connections, now, () => connections.map((connection) => {
    const box = el('div', undefined, 'account');
    const top = el('div', undefined, 'who');
    top.append(el('span', 'Account ' + connection.account + (connection.environment === 'default' ? '' : ' · ' + connection.environment)), pill(connection.status, connection.reason));
    box.append(top, note ? el('p', note, 'hint') : life(connection, now));
    return box;
  })) });
}
`;
