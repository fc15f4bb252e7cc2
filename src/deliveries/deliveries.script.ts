/**
 * Asks every second what has arrived. A row stays the same node while it is shown, so that focus and
 * what somebody has opened outlive the next answer.
 */
export const DELIVERIES_SCRIPT = `
{
  const POLL = 1000;
  const section = document.getElementById('deliveries');
  const list = section.querySelector('ol');
  const failed = document.getElementById('deliveries-failed');
  const away = document.getElementById('deliveries-away');
  const status = section.querySelector('[role=status]');
  const path = '/operator/deliveries';
  const shown = new Map();
  let announced;
  let asked = 0;
  const NAMES = { 'flint': 'Flint', 'flinks-pay': 'FlinksPay', 'fynd': 'Fynd', 'flute': 'Flute', 'flex-pay': 'Flex Pay' };
  const SOURCES = { webhook: '', connection: ', our connection', task: ', our own work' };
  const who = ({ provider, source }) => (NAMES[provider] || provider) + (SOURCES[source] || '');
  const ago = (ms) => {
    const seconds = Math.max(0, Math.round(ms / 1000));
    if (seconds < 60) return seconds + ' s ago';
    if (seconds < 3600) return Math.floor(seconds / 60) + ' min ago';
    return seconds < 86400 ? Math.floor(seconds / 3600) + ' h ago' : Math.floor(seconds / 86400) + ' d ago';
  };
  const time = (at) => new Date(at).toISOString().slice(0, 19).replace('T', ' ') + ' UTC';
  const tries = (count) => count + (count === 1 ? ' attempt' : ' attempts');

  function details(delivery, row) {
    const box = el('div', undefined, 'details');
    const facts = { 'event id': delivery.eventId };
    if (delivery.occurredAt) facts['happened at'] = time(delivery.occurredAt);
    facts['received at'] = time(delivery.receivedAt);
    if (delivery.dueAt && delivery.status !== 'done') facts['tried again at'] = time(delivery.dueAt);
    box.append(rows(facts), el('h3', 'Handlers'));
    if (delivery.handlers.length === 0) box.append(el('p', delivery.status === 'pending' ? 'Not handled yet.' : 'Nobody wants to be told of it.'));
    else {
      const handlers = delivery.handlers.map(({ name, state, error, failures }) => ({ handler: name, state, error, failures }));
      box.append(rows(handlers));
    }
    box.append(el('h3', 'Body'));
    if (delivery.body === undefined) box.append(el('p', 'The library’s own note, which is not shown.'));
    else {
      const body = el('pre', delivery.body);
      body.tabIndex = 0;
      body.setAttribute('role', 'group');
      body.setAttribute('aria-label', 'Body');
      box.append(body);
    }
    if (delivery.status === 'dead' || delivery.status === 'failing') {
      const actions = el('div', undefined, 'actions wide');
      actions.append(button('Replay', async () => {
        const result = await call(path + '/' + delivery.id + '/replay', { method: 'POST' });
        row.said = result.ok ? undefined : problem(result.body);
        await refresh();
        await look(row);
        if (result.ok) row.look.focus();
      }, 'main'));
      box.append(actions);
    }
    if (row.said) box.append(row.said);
    return box;
  }
  async function look(row) {
    const asking = (row.asking = (row.asking || 0) + 1);
    const { ok, body } = await call(path + '/' + row.delivery.id);
    // A later question has been answered, or it was closed meanwhile.
    if (asking !== row.asking || row.place.hidden) return;
    if (ok) paint(row, body, Date.now(), false);
    row.place.replaceChildren(ok ? details(body, row) : problem(body));
  }
  function create(delivery) {
    const row = { delivery, node: el('li'), top: el('div', undefined, 'who'), line: el('p'), place: el('div') };
    row.place.id = 'delivery-' + delivery.id.slice(0, 16);
    row.place.hidden = true;
    row.look = el('button', 'Look');
    row.look.type = 'button';
    row.look.setAttribute('aria-expanded', 'false');
    row.look.setAttribute('aria-controls', row.place.id);
    row.look.setAttribute('aria-label', 'Look at ' + delivery.type + (delivery.subject ? ' of ' + delivery.subject : ''));
    row.look.addEventListener('click', () => {
      const open = row.place.hidden;
      row.place.hidden = !open;
      row.look.setAttribute('aria-expanded', String(open));
      if (!open) return;
      row.said = undefined;
      row.place.replaceChildren(el('p', 'Asking…'));
      look(row);
    });
    const head = el('div', undefined, 'head');
    const texts = el('div');
    texts.append(row.top, row.line);
    head.append(texts, row.look);
    row.node.append(head, row.place);
    return row;
  }
  /** "again": what is open is asked for anew when it has changed. */
  function paint(row, delivery, now, again) {
    const shape = JSON.stringify([delivery.status, delivery.attempts]);
    row.delivery = delivery;
    row.line.textContent = [who(delivery), delivery.subject, tries(delivery.attempts), ago(now - delivery.receivedAt)].filter(Boolean).join(' · ');
    if (row.shape === shape) return;
    const first = row.shape === undefined;
    row.shape = shape;
    row.top.replaceChildren(el('code', delivery.type), pill(delivery.status));
    if (again && !first && !row.place.hidden && !row.place.contains(document.activeElement)) look(row);
  }
  function draw({ now, dead, deliveries }) {
    const ids = new Set(deliveries.map(({ id }) => id));
    shown.forEach((row, id) => {
      if (ids.has(id)) return;
      // What somebody is looking at stays, in the filter too, until it is closed.
      if (!row.place.hidden && failed.checked) {
        if (row.delivery.status === 'pending') look(row);
        return;
      }
      row.node.remove();
      shown.delete(id);
    });
    let before = list.firstElementChild;
    deliveries.forEach((delivery) => {
      const row = shown.get(delivery.id) || create(delivery);
      shown.set(delivery.id, row);
      paint(row, delivery, now, true);
      if (row.node === before) before = before.nextElementSibling;
      else list.insertBefore(row.node, before);
    });
    document.getElementById('deliveries-empty').hidden = failed.checked || shown.size > 0;
    document.getElementById('deliveries-none').hidden = !failed.checked || shown.size > 0;
    const count = document.getElementById('deliveries-count');
    if (count) count.textContent = 'deliveries' + (dead > 0 ? ' (' + dead + ' failed)' : '');
    announce(deliveries);
  }
  /** Only what is new, and only the first words of it: the list itself can be read. */
  function announce(deliveries) {
    const state = new Map(deliveries.map(({ id, status }) => [id, status]));
    const news = announced === undefined ? [] : deliveries.filter(({ id, status }) => !announced.has(id) || (status === 'dead' && announced.get(id) !== 'dead'));
    announced = new Map([...(announced || []), ...state]);
    if (news.length === 0) return;
    const { type, status: end } = news[0];
    status.textContent = 'Delivery ' + type + ', ' + words(end) + (news.length > 1 ? ', and ' + (news.length - 1) + ' more' : '');
  }
  async function refresh() {
    const mine = ++asked;
    const { ok, body } = await call(path + (failed.checked ? '?only=failed' : ''));
    if (mine !== asked) return;
    away.hidden = ok;
    if (ok) draw(body);
    else away.replaceChildren(...problem(body).childNodes);
  }
  const update = () => refresh().catch(() => {});
  failed.addEventListener('change', () => {
    shown.forEach(({ node }) => node.remove());
    shown.clear();
    update();
  });
  const failure = document.getElementById('order-failure');
  if (failure) {
    const set = async (body) => {
      const result = await call('/sandbox/order-failure', { body });
      failure.checked = result.ok && result.body.on;
    };
    set();
    failure.addEventListener('change', () => set({ on: failure.checked }));
  }
  update();
  let asking = false;
  setInterval(async () => {
    if (document.hidden || asking) return;
    asking = true;
    await update();
    asking = false;
  }, POLL);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) update(); });
}
`;
