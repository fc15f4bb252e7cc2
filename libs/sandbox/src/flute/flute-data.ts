import type { FluteAccessToken } from './flute-token.js';
import type { FluteTransaction } from './flute-transaction.js';

/** Whose rows: those of one key in one environment. */
type Place = Pick<FluteAccessToken, 'key' | 'environment'>;

/** What each key has in each environment: the same rows at every start, none shared. */
export class FluteData {
  private readonly transactionsByPlace = new Map<string, FluteTransaction[]>();

  constructor(private readonly transactionCount: number) {}

  /** Newest first. */
  transactions(place: Place): readonly FluteTransaction[] {
    return this.rows(place);
  }

  add(place: Place, transaction: FluteTransaction): void {
    this.rows(place).unshift(transaction);
  }

  customers({ environment }: Place): readonly Readonly<Record<string, unknown>>[] {
    return [1, 2, 3].map((number) => ({
      customerId: idOf(environment, 'c', number),
      firstName: `Customer ${number}`,
      lastName: `of ${environment}`,
    }));
  }

  private rows(place: Place): FluteTransaction[] {
    const name = `${place.environment} ${place.key.client_id}`;
    let rows = this.transactionsByPlace.get(name);
    if (!rows) {
      const numbers = Array.from({ length: this.transactionCount }, (_, index) => index + 1);
      rows = numbers.map((number) => seeded(place, number));
      this.transactionsByPlace.set(name, rows);
    }
    return rows;
  }
}

/** Looks like Flute's ids, and tells a reader which environment it is of. */
function idOf(environment: string, kind: string, number: number): string {
  const world = environment === 'production' ? 'bbbbbbbb' : 'aaaaaaaa';
  return `${world}-000${kind}-4000-8000-${String(number).padStart(12, '0')}`;
}

function seeded({ environment }: Place, number: number): FluteTransaction {
  const minutes = String(number % 60).padStart(2, '0');
  return {
    transactionId: idOf(environment, 'a', number),
    transactionStatus: 'Captured',
    transactionType: 'Sale',
    transactionDateTime: `2026-01-01T10:${minutes}:00Z`,
    paymentMethodType: 'Card',
    paymentProcessorId: idOf(environment, 'b', 1),
    processedAmount: Number((10 + number / 100).toFixed(2)),
    currencyCode: 'USD',
    referenceId: `seed-${number}`,
    customerId: null,
    cardDetails: { maskedCardNumber: '411111******1111' },
    declineDetails: null,
  };
}
