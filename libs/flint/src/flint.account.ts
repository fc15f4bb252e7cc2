import { FlockError } from '@nest-flock/core';
import { LONGEST_ID, textOf } from '@nest-flock/core/provider';
import type { AnsweredAccount, AnsweredGrant, TokenAnswer } from '@nest-flock/core/provider';

/** The fields that the install guide says to store. A grant lives in one mode. */
export function flintAccount(
  answer: TokenAnswer,
  { request }: AnsweredGrant,
): AnsweredAccount | undefined {
  const { mode } = answer;
  const [grant, merchant, install] = [
    answer.environment_grant_id,
    answer.merchant_id,
    answer.partner_app_install_id,
  ].map((id) => textOf(id, LONGEST_ID));
  if (grant === undefined || merchant === undefined || install === undefined) return undefined;
  if (mode !== undefined && mode !== request.environment) {
    throw new FlockError(
      'install_failed',
      'Flint connected another mode than was asked for. Nothing was stored.',
    );
  }
  // Merchants may have several environments in one mode; each keeps its own grant.
  const place = request.parameters.environment_id ?? '';
  return {
    account: grant,
    merchant,
    install,
    supersedeKey: `${merchant}/${place}`,
  };
}
