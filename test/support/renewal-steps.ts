import { RENEWAL_CHANNEL } from '@nest-flock/core';
import type { RenewalStep, RenewalStepMessage } from '@nest-flock/core';
import diagnostics_channel from 'node:diagnostics_channel';

/** Counts the steps of renewals in this process, until `stop`. */
export function countSteps() {
  const counts = new Map<RenewalStep, number>();
  const listen = (message: unknown) => {
    const { step } = message as RenewalStepMessage;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  };
  diagnostics_channel.subscribe(RENEWAL_CHANNEL, listen);
  return {
    of: (step: RenewalStep) => counts.get(step) ?? 0,
    stop: () => void diagnostics_channel.unsubscribe(RENEWAL_CHANNEL, listen),
  };
}
