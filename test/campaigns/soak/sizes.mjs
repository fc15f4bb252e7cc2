/** How many connections there are, and how long a token lives; `short` is for every change, `full` for a soak. */
export const SIZES = {
  short: {
    flint: 24,
    live: 8,
    second: 8,
    fynd: 8,
    flute: 4,
    flexPay: 3,
    flinksPay: 3,
    tokenSeconds: 5,
    /** Calls that each host makes a second. */
    reads: 12,
    /** Between two misfortunes, milliseconds. */
    calmMs: [500, 1_500],
    /** Between two things that a merchant does. */
    merchantMs: [300, 900],
    /** Between two webhooks of one sender. */
    webhookMs: [50, 250],
    /** After the end of the faults, at most. */
    settleMs: 60_000,
  },
  full: {
    flint: 120,
    live: 40,
    second: 40,
    fynd: 40,
    flute: 16,
    flexPay: 10,
    flinksPay: 8,
    tokenSeconds: 30,
    reads: 6,
    calmMs: [2_000, 4_500],
    merchantMs: [1_000, 4_000],
    webhookMs: [100, 600],
    settleMs: 120_000,
  },
};
