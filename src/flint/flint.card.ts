import type { ProviderCard } from '../home/provider-card.js';

const install = (mode: string): string =>
  `/flint/install?mode=${mode}&amp;permission_ids=manage_orders,read_customers&amp;return_to=/`;

export const flintCard: ProviderCard = {
  provider: 'flint',
  title: 'Flint',
  line: 'Connect a merchant. Test and live stand side by side.',
  variables: ['FLINT_CLIENT_ID', 'FLINT_CLIENT_SECRET', 'FLINT_REDIRECT_URI'],
  actions: () => `
<a class="button" href="${install('test')}">Connect in test</a>
<a class="button" href="${install('live')}">Connect in live</a>
`,
  body: '<div class="list" id="connections"></div>',
  script: `
{
  const list = document.getElementById('connections');
  const card = (connection, now) => {
    const merchant = connection.merchant || 'Merchant';
    const box = el('article');
    box.dataset.environment = connection.environment;
    box.dataset.status = connection.status;
    const top = el('header');
    top.append(el('h3', merchant + ' · ' + connection.environment), pill(connection.status, connection.reason));
    const scopes = el('div', undefined, 'scopes');
    connection.scopes.forEach((scope) => scopes.append(el('span', scope)));
    const actions = el('div', undefined, 'actions');
    box.append(top, scopes);
    if (connection.status === 'active') {
      const look = (what) => button(what, async () =>
        show('flint', what + ' of ' + merchant + ' (' + connection.environment + ')', await call('/' + what.toLowerCase(), { id: connection.id })));
      box.append(life(connection, now));
      const happen = (label, path, title) => button(label, async () => {
        show('flint', title + ' (' + merchant + ', ' + connection.environment + ')', await call('/sandbox/flint/' + path, { id: connection.id, method: 'POST' }));
        await update();
      });
      if (sandboxed) {
        const events = el('div', undefined, 'events');
        events.append(
          happen('Order is paid', 'order/once', 'Flint sent an event'),
          happen('Paid, sent twice', 'order/twice', 'Flint sent one event twice'),
          button('Revoke at Flint', async () => {
            const result = await call('/sandbox/flint/revoke', { id: connection.id, method: 'POST' });
            if (result.ok) hide('flint');
            else show('flint', 'Revoke ' + merchant + ' at Flint', result);
          }, 'danger'),
        );
        box.append(el('h4', 'What happens at Flint'), events);
      }
      actions.append(look('Orders'), look('Customers'), look('Payments'), button('Disconnect', async () => {
        const result = await call('/flint/disconnect', { id: connection.id, method: 'POST' });
        if (result.ok) hide('flint');
        else show('flint', 'Disconnect ' + merchant, result);
        await update();
      }, 'danger'));
    } else {
      actions.append(link('Reconnect', '/flint/install?mode=' + encodeURIComponent(connection.environment) + '&permission_ids=manage_orders,read_customers&return_to=/'));
    }
    box.append(actions);
    return box;
  };
  painters.push({ provider: 'flint', paint: (connections, now) => redraw(list, connections, now, () =>
    connections.length === 0 ? [el('p', 'No connection yet.', 'hint')] : connections.map((connection) => card(connection, now))) });
}
`,
};
