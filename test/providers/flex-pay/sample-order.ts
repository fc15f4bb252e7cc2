import type { FlexPayOrderInput } from '@nest-flock/flex-pay';

/** An order as a shop would send it. */
export const ORDER: FlexPayOrderInput = {
  integrationId: 'UP-37292414-99',
  price: '1064.10',
  localization: { country: 'US', currency: 'USD', locale: 'en' },
  merchantConfig: {
    confirmationUrl: 'https://shop.example/done',
    cancelUrl: 'https://shop.example/cancelled',
  },
  billingContact: { firstName: 'Arthur', lastName: 'Davis', postalCode: '99999' },
  addOns: [{ externalId: 'bag', name: 'A bag', price: '30.00' }],
};
