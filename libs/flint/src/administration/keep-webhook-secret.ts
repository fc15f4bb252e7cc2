import { Logger } from '@nestjs/common';
import type { HiddenSecret } from '@nest-flock/core';
import { secretNotStored } from '@nest-flock/core/provider';
import type { FlintDeveloper } from './developer.js';
import type { FlintWebhookSecret } from './flint.webhook.js';

const logger = new Logger('NestFlock');

interface Keeping {
  /** Default `true`. */
  readonly store?: boolean;
  readonly tenant?: string;
  readonly overlapSeconds?: number;
  readonly warnings: readonly string[];
}

/** Flint shows the secret once, so a store that fails must not take it from the caller too. */
export async function keep(
  { app: { name }, flint }: FlintDeveloper,
  secret: HiddenSecret | undefined,
  { store = true, tenant, overlapSeconds, warnings }: Keeping,
): Promise<FlintWebhookSecret> {
  if (warnings.length > 0) logger.warn(`Flint (app "${name}"): ${warnings.join(' ')}`);
  if (secret === undefined) return { stored: false, warnings };
  if (!store) return { secret, stored: false, warnings };
  const stored = await flint.keepSecret({ app: name, tenant }, secret.reveal(), { overlapSeconds });
  return { secret, stored, warnings: stored ? warnings : [...warnings, secretNotStored(tenant)] };
}
