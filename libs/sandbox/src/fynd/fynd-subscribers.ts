import type { FyndExtension } from './fynd-extension.js';
import type { FyndSubscriber } from './fynd-webhook.js';

/** What companies' extensions have subscribed to: one subscriber for each. */
export class FyndSubscribers {
  private readonly byPlace = new Map<string, FyndSubscriber>();
  private serial = 0;

  list(): FyndSubscriber[] {
    return [...this.byPlace.values()];
  }

  ofCompany(companyId: number): FyndSubscriber[] {
    return this.list().filter(({ company_id }) => company_id === companyId);
  }

  find(companyId: number, extension: FyndExtension): FyndSubscriber | undefined {
    return this.byPlace.get(placeOf(companyId, extension));
  }

  /** Replaces the one that was there, under its id. */
  put(subscriber: Omit<FyndSubscriber, 'id'>): FyndSubscriber {
    const { company_id, extension } = subscriber;
    const before = this.find(company_id, extension);
    if (!before) this.serial += 1;
    const put = { ...subscriber, id: before?.id ?? this.serial };
    this.byPlace.set(placeOf(company_id, extension), put);
    return put;
  }

  remove(companyId: number, extension: FyndExtension): void {
    this.byPlace.delete(placeOf(companyId, extension));
  }
}

const placeOf = (companyId: number, { client_id }: FyndExtension): string =>
  `${companyId} ${client_id}`;
