import { membersOf } from '@nest-flock/core/provider';

/** The account of a company's offline token is its id; of a user's online token `company:user`. */
export interface FyndAccount {
  readonly companyId: string;
  readonly userId?: string;
}

export function readAccount(account: string): FyndAccount {
  const colon = account.indexOf(':');
  return colon < 0
    ? { companyId: account }
    : { companyId: account.slice(0, colon), userId: account.slice(colon + 1) };
}

/** Company ids are whole numbers in every path. */
export const isCompanyId = (value: string | null): value is string =>
  value !== null && /^[1-9]\d{0,14}$/.test(value);

/** An online token is a person's: with that person's rights, until the session ends. */
export const userOf = (account: string): string | undefined => readAccount(account).userId;

/**
 * The user of an online token answer. `current_user` is not specified further than "user details";
 * the platform names its documents by `_id`.
 */
export function readUserId(currentUser: unknown): string | undefined {
  const { _id, id, user_id: userId } = membersOf(currentUser) ?? {};
  const value = [_id, userId, id].find((one) => typeof one === 'string' || typeof one === 'number');
  const text = String(value ?? '');
  return /^[\w.@+-]{1,128}$/.test(text) ? text : undefined;
}
