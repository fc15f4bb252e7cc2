import diagnostics_channel from 'node:diagnostics_channel';

/** The steps of one renewal, in order. */
export type RefreshStep =
  | 'claiming'
  | 'claimed'
  | 'sending'
  | 'answered'
  | 'storing'
  | 'stored'
  | 'rescuing'
  | 'rescued'
  | 'ended';

/** A message of the `nest-flock:refresh` channel. Holds no secret. */
export interface RefreshStepMessage {
  readonly step: RefreshStep;
  readonly connectionId: string;
  readonly attemptId: string;
}

export const REFRESH_CHANNEL = 'nest-flock:refresh';

const channel = diagnostics_channel.channel(REFRESH_CHANNEL);

/** Tells subscribers of `node:diagnostics_channel` where a renewal stands; free while nobody listens. */
export function publishStep(step: RefreshStep, connectionId: string, attemptId: string): void {
  if (channel.hasSubscribers) channel.publish({ step, connectionId, attemptId });
}
