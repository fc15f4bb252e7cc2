import { invalidField } from '@nest-flock/core/provider';
import { readAmount, readDigits, readEmail, readText } from './check-input.js';
import type { FlinksPayV2SessionStart } from './flinks-pay-v2.session.js';

/**
 * The body of `POST /api/v2/sessions`. Sources: the v2 pages of Sessions/Initiate for e-Transfer and
 * EFT, the limits of the GEFT one.
 * @throws FlockError `invalid_amount`, `invalid_request`
 */
export function v2Body(
  session: FlinksPayV2SessionStart,
  referenceId: string,
): Readonly<Record<string, unknown>> {
  const { type, payee } = session;
  const options = optionsOf(session);
  return {
    referenceId,
    type,
    direction: 'DEBIT',
    currency: 'CAD',
    amount: readAmount(session.amount),
    ...(options !== undefined && { options }),
    payor: payorOf(session.payor),
    ...(payee !== undefined && { payee: { account: accountOf(payee) } }),
  };
}

function optionsOf({ type, payee, guarantee, sendInteracLink }: FlinksPayV2SessionStart) {
  if (type === 'EFT') {
    if (guarantee !== true) refuse('payee', payee, 'none for regular EFT');
    refuse('sendInteracLink', sendInteracLink, 'none for EFT');
    return { guarantee: { enable: guarantee ?? false } };
  }
  if (type !== 'e-Transfer') {
    throw invalidField('type', 'e-Transfer or EFT');
  }
  refuse('guarantee', guarantee, 'none for e-Transfer');
  return sendInteracLink === undefined
    ? undefined
    : { notificationPreferences: { sendInteracLink } };
}

function refuse(field: string, value: unknown, expected: string): void {
  if (value !== undefined) throw invalidField(field, expected);
}

function payorOf(payor: FlinksPayV2SessionStart['payor']) {
  const { firstName, middleName, lastName, email } = payor;
  return {
    firstName: readText(firstName, 'payor.firstName'),
    ...(middleName !== undefined && { middleName: readText(middleName, 'payor.middleName') }),
    lastName: readText(lastName, 'payor.lastName'),
    email: readEmail(email, 'payor.email'),
  };
}

function accountOf(payee: NonNullable<FlinksPayV2SessionStart['payee']>) {
  const { institutionCode, transitNumber, accountNumber } = payee;
  return {
    institutionCode: readDigits(institutionCode, 'payee.institutionCode', /^\d{3}$/, '3 digits'),
    transitNumber: readDigits(transitNumber, 'payee.transitNumber', /^\d{5}$/, '5 digits'),
    accountNumber: readDigits(accountNumber, 'payee.accountNumber', /^\d{7,12}$/, '7 to 12 digits'),
  };
}
