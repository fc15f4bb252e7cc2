import { Logger } from '@nestjs/common';
import type { HiddenSecret, WebhookSecrets } from '@nest-flock/core';
import type { FlintDeveloper } from './developer.js';
import type { FlintWebhookSecret } from './flint.webhook.js';

const logger = new Logger('NestFlock');

interface Keeping {
  /** Default `true`. */
  readonly store?: boolean;
  readonly tenant?: string;
  readonly overlapSeconds?: number;
  readonly warnings: string[];
}

/** The provider shows the secret once, so a store that fails must not take it from the caller too. */
export async function keep(
  { app }: FlintDeveloper,
  secrets: WebhookSecrets,
  secret: HiddenSecret | undefined,
  { store = true, tenant, overlapSeconds, warnings }: Keeping,
): Promise<FlintWebhookSecret> {
  let stored = false;
  if (store && secret !== undefined) {
    try {
      const of = {
        provider: app.provider,
        app: app.name,
        ...(tenant !== undefined && { tenant }),
      };
      await secrets.add(
        of,
        secret.reveal(),
        overlapSeconds === undefined ? {} : { overlapSeconds },
      );
      stored = true;
    } catch {
      warnings.push(
        "The webhook's secret was not stored; keep it yourself, or add it with WebhookSecrets.add.",
      );
    }
  }
  if (warnings.length > 0) logger.warn(`Flint webhook of ${app.name}: ${warnings.join(' ')}`);
  return { ...(secret !== undefined && { secret }), stored, warnings };
}
