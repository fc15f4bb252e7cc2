import type { ProviderCard } from '../home/provider-card.js';

export const fluteCard: ProviderCard = {
  provider: 'flute',
  title: 'Flute',
  line: 'List transactions, and make a payment that the issuer approves or declines.',
  variables: ['FLUTE_CLIENT_ID', 'FLUTE_CLIENT_SECRET'],
  actions: () => '',
  body: `<div class="accounts"></div><div class="actions wide"></div>`,
  script: `
{
  accounts('flute');
  const pay = (label, card) => button(label, async () => {
    const result = await call('/flute/transactions', { body: { card } });
    const { declined } = result.body;
    show('flute', declined ? 'Payment declined' : result.ok ? 'Payment approved' : 'Payment', result, (body) => {
      const box = el('div', undefined, declined ? 'problem' : 'fine');
      box.append(el('p', declined ? 'Flute carried it through, and the card was declined: nothing was paid.' : 'Paid.'), rows(body));
      return box;
    });
    await update();
  });
  document.querySelector('#flute .actions').append(
    button('Transactions', async () => {
      show('flute', 'Latest transactions', await call('/flute/transactions'));
      await update();
    }),
    pay('Pay 12.50, approved', 'approved'),
    pay('Pay 12.50, declined', 'declined'),
  );
}
`,
};
