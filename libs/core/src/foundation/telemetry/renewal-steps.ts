import diagnostics_channel from 'node:diagnostics_channel';

/** The steps of one renewal, in order. */
export type RenewalStep =
  | 'claiming'
  | 'claimed'
  | 'sending'
  | 'answered'
  | 'storing'
  | 'stored'
  | 'rescuing'
  | 'rescued'
  | 'ended';

/** A message of the `nest-flock:renewal` channel. Holds no secret. */
export interface RenewalStepMessage {
  readonly step: RenewalStep;
  readonly connectionId: string;
  readonly attemptId: string;
}

export const RENEWAL_CHANNEL = 'nest-flock:renewal';

const channel = diagnostics_channel.channel(RENEWAL_CHANNEL);

/** Tells subscribers of `node:diagnostics_channel` where a renewal stands; free while nobody listens. */
export function publishStep(step: RenewalStep, connectionId: string, attemptId: string): void {
  if (channel.hasSubscribers) channel.publish({ step, connectionId, attemptId });
}
