import type { ProviderCard } from '../home/provider-card.js';

export const flexPayCard: ProviderCard = {
  provider: 'flex-pay',
  title: 'Flex Pay',
  line: 'Create an order, let the buyer apply for monthly payments, authorize the amount.',
  variables: ['FLEX_PAY_CLIENT_ID', 'FLEX_PAY_CLIENT_SECRET'],
  actions: () => '<button type="button" class="main" id="flex-pay-create">Create an order</button>',
  body: '<div class="accounts"></div><div class="list"></div>',
  script: `
{
  accounts('flex-pay');
  const list = document.querySelector('#flex-pay .list');
  const create = document.getElementById('flex-pay-create');
  const card = (order) => {
    const box = el('article');
    const top = el('header');
    top.append(el('h3', (order.price || '') + ' USD'), pill(order.status));
    const id = el('p', 'Order ');
    id.append(el('code', order.id));
    const actions = el('div', undefined, 'actions');
    const path = '/flex-pay/orders/' + order.id;
    if (order.redirectUrl) actions.append(link('Buyer’s page', order.redirectUrl));
    actions.append(
      button('Read order', async () => {
        show('flex-pay', 'Order', await call(path));
        await update();
      }),
      button('Authorize', async () => {
        show('flex-pay', 'Authorization', await call(path + '/authorization', { method: 'POST' }));
        await Promise.all([paint(), update()]);
      }),
    );
    box.append(top, id, actions);
    return box;
  };
  const paint = async () => {
    const { ok, body } = await call('/flex-pay/orders');
    if (ok) redraw(list, body, 0, () => body.map(card));
  };
  create.addEventListener('click', () => busy(create, async () => {
    const result = await call('/flex-pay/orders', { method: 'POST' });
    if (result.ok) hide('flex-pay');
    else show('flex-pay', 'Create an order', result);
    await Promise.all([paint(), update()]);
  }));
  paint();
}
`,
};
