import { REFRESH_CHANNEL } from '@nest-flock/core';
import type { RefreshStep, RefreshStepMessage } from '@nest-flock/core';
import diagnostics_channel from 'node:diagnostics_channel';

/** Counts the steps of renewals in this process, until `stop`. */
export function countSteps() {
  const counts = new Map<RefreshStep, number>();
  const listen = (message: unknown) => {
    const { step } = message as RefreshStepMessage;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  };
  diagnostics_channel.subscribe(REFRESH_CHANNEL, listen);
  return {
    of: (step: RefreshStep) => counts.get(step) ?? 0,
    stop: () => void diagnostics_channel.unsubscribe(REFRESH_CHANNEL, listen),
  };
}
