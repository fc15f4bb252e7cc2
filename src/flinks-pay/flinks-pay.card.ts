import type { ProviderCard } from '../home/provider-card.js';

export const flinksPayCard: ProviderCard = {
  provider: 'flinks-pay',
  title: 'FlinksPay',
  line: 'Start a payment session and send the payer to its hosted page.',
  variables: ['FLINKS_PAY_BASE_URL', 'FLINKS_PAY_USERNAME', 'FLINKS_PAY_PASSWORD'],
  actions: () => '',
  body: `<div class="accounts"></div>
<form class="fields" autocomplete="off">
<label>Amount, CAD <input name="amount" inputmode="decimal" value="10.50" required></label>
<label>Name of the payer <input name="customerName" value="Ada Byron" required></label>
<label>E-mail of the payer <input name="customerEmail" type="email" value="ada@example.com" required></label>
<button class="main">Start a session</button>
</form>
<div class="list"></div>`,
  script: `
{
  accounts('flinks-pay', 'Every call takes a token of its own; none is kept.');
  const form = document.querySelector('#flinks-pay form');
  const list = document.querySelector('#flinks-pay .list');
  const card = (session) => {
    const box = el('article');
    const top = el('header');
    top.append(el('h3', session.amount + ' CAD'), pill(session.status));
    const reference = el('p', 'Reference ');
    reference.append(el('code', session.id));
    const actions = el('div', undefined, 'actions');
    if (session.url) {
      actions.append(link('Hosted page', session.url, true), button('Payment status', async () => {
        show('flinks-pay', 'Payment of ' + session.amount + ' CAD', await call('/flinks-pay/sessions/' + session.id + '/payment'));
        await paint();
      }));
    }
    box.append(top, reference, actions);
    return box;
  };
  const paint = async () => {
    const { ok, body } = await call('/flinks-pay/sessions');
    if (ok) redraw(list, body, 0, () => body.map(card));
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    busy(form.querySelector('button'), async () => {
      const result = await call('/flinks-pay/sessions', { body: Object.fromEntries(new FormData(form)) });
      if (result.ok) hide('flinks-pay');
      else show('flinks-pay', 'Start a session', result);
      await paint();
    });
  });
  paint();
}
`,
};
