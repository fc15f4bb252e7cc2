import type { Source } from './source.js';

/** The defaults that docstrings name as numbers, by file and member, and what the code has. */
export const docstringNumbers = (source: Source): Readonly<Record<string, unknown>> => ({
  'decimal-amount.ts decimals': source.number('decimal-amount.ts', /decimals = (\d+) \}/),
  'provider-profile.ts keepAliveSeconds': source.constant('token-result.ts', 'DAY_SECONDS'),
  'task.service.ts delayMs': source.number('delivery.store.ts', /delivery\.delayMs \?\? (\d+)/),
  'delivery.store.ts delayMs': source.number('delivery.store.ts', /delivery\.delayMs \?\? (\d+)/),
  'delivery.service.ts limit': source.number('delivery.service.ts', /filter\.limit \?\? (\d+)/),
  'connection.service.ts limit': source.number('connection.service.ts', /filter\.limit \?\? (\d+)/),
  'key-ring.ts everySeconds': source.constant('key-source.ts', 'ASK_EVERY_SECONDS'),
  'key-ring.ts timeoutSeconds': source.constant('key-source.ts', 'DEADLINE_SECONDS'),
  'api-request.ts timeoutMs': source.constant('api-client.ts', 'TIMEOUT_MS'),
  'flinks-pay.accounts.ts timeoutMs': source.constant('api-client.ts', 'TIMEOUT_MS'),
  'webhook-secrets.service.ts add': source.constant(
    'webhook-secrets.service.ts',
    'OVERLAP_SECONDS',
  ),
  'partner-webhooks.ts overlapSeconds': source.constant(
    'webhook-secrets.service.ts',
    'OVERLAP_SECONDS',
  ),
  'signature-scheme.ts toleranceSeconds': source.constant(
    'webhook.receiver.ts',
    'TOLERANCE_SECONDS',
  ),
  'token.service.ts minValiditySeconds':
    (source.constant('cache-entry.factory.ts', 'SPARE_MS') as number) / 1_000,
  'flint.webhook-input.ts overlapSeconds': source.constant(
    'webhook-secrets.service.ts',
    'OVERLAP_SECONDS',
  ),
  'flock-testing.module.ts respond': source.number('responding-http.ts', /status: (\d+) \}\)/),
  // It is Flint's own, which the sandbox emulates.
  'pages.ts pageSize': source.number('paged-answer.ts', /'page_size'\) \?\? (\d+)\)/),
  'paged-answer.ts pagedAnswer': source.number('paged-answer.ts', /'page_size'\) \?\? (\d+)\)/),
  'records-control.ts paged': source.number('records-control.ts', /number\('after', (\d+)\)/),
  'fault-rule.ts times': source.number('active-fault.ts', /rule\.times \?\? (\d+);/),
  'fault-rule.ts skip': source.number('active-fault.ts', /rule\.skip \?\? (\d+);/),
  'flute-sandbox.options.ts transactionCount': source.number(
    'flute-sandbox.ts',
    /transactionCount \?\? (\d+),/,
  ),
  'sandbox.options.ts port': source.number('sandbox.ts', /options\.port \?\? (\d+),/),
  'webhook-how.ts copies': source.number('webhook-sender.ts', /copies \?\? (\d+) \}/),
  'webhook-how.ts delayMs': source.number('webhook-sender.ts', /how\.delayMs \?\? (\d+)\)/),
  'webhook-how.ts timestampOffsetSeconds': source.number(
    'webhook-job.ts',
    /timestampOffsetSeconds \?\? (\d+)\)/,
  ),
  'webhook-sender.ts burst': source.number('webhook-sender.ts', /concurrency = (\d+) \}: \{/),
  'webhook-sender.ts concurrency': source.number(
    'webhook-sender.ts',
    /concurrency = (\d+) \}: ReleaseOptions/,
  ),
  'webhook-settings.ts timeoutMs': source.number('webhook-sender.ts', /timeoutMs: ([\d_]+)/),
  'flute.pages.ts pageSize': source.constant('flute.pages.ts', 'LARGEST_PAGE'),
});
