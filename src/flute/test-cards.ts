/** Cards that Flute's sandbox approves and declines. A real app never holds a card number. */
const NUMBERS = { approved: '4111111111111111', declined: '4000000000000002' } as const;
export type TestCard = keyof typeof NUMBERS;

export const isTestCard = (name: unknown): name is TestCard =>
  typeof name === 'string' && Object.hasOwn(NUMBERS, name);

export const cardData = (card: TestCard) => ({
  captureMethod: 'Auto',
  paymentMethodDetails: {
    cardNumber: NUMBERS[card],
    securityCode: '123',
    expirationMonth: 12,
    expirationYear: new Date().getFullYear() + 2,
  },
});
