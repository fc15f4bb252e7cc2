import type { Source } from './source.js';

/** A page, a sentence of it with its numbers captured, and the numbers of the code; times in milliseconds. */
export type Sentence = readonly [page: string, pattern: RegExp, numbers: readonly number[]];

/** Sentences that name a default or a fixed number. Those of the record are proved by its rows. */
export function sentences(source: Source): Sentence[] {
  const of = (file: string, name: string) => source.constant(file, name) as number;
  const policy = (name: string) =>
    (source.constant('renewal-policy.ts', 'DEFAULT_RENEWAL_POLICY') as Record<string, number>)[
      name
    ] as number;
  const delivery = (name: string) =>
    (source.constant('delivery-policy.ts', 'DEFAULT_DELIVERY_POLICY') as Record<string, number>)[
      name
    ] as number;
  const option = (file: string, variables: string, name: string) =>
    (source.constant(file, variables) as Record<string, { default: number }>)[name]
      ?.default as number;
  const profile = (file: string) => source.number(file, /defaultLifetimeSeconds: ([\d_]+)/) * 1_000;
  const command = (name: string, file: string, pattern: RegExp) => [
    source.number(file, new RegExp(`usage: .*--${name} ([\\d.]+)`)),
    source.number(file, pattern),
  ];

  const pollMs = option('flinks-pay.variables.ts', 'FLINKS_PAY_VARIABLES', 'pollSeconds') * 1_000;
  const overlapMs = of('webhook-secrets.service.ts', 'OVERLAP_SECONDS') * 1_000;
  const attemptMs = of('authorization-request.store.ts', 'ATTEMPT_LIFE_SECONDS') * 1_000;
  const toleranceMs = of('webhook.receiver.ts', 'TOLERANCE_SECONDS') * 1_000;
  const rows = command('rows-per-second', 'reseal.command.ts', /initial: ([\d_]+) \}/);
  const rate = command('rate', 'check.command.ts', /number\('rate', .*, (\d+), false\)/);
  const canaries = command('canaries', 'check.command.ts', /number\('canaries', .*, (\d+)\)/);
  const stopAt = command('stop-at', 'check.command.ts', /number\('stop-at', .*, ([\d.]+), false\)/);
  const spread = [
    source.number('local-send-limits.ts', /Math\.max\((\d+), ms/),
    source.number('local-send-limits.ts', /Math\.min\(([\d_]+), Math\.max/),
  ];
  const renewal = [
    source.number('connection/token-set.ts', /lifeMs \* ([\d.]+)/),
    source.number('connection/token-set.ts', /Math\.min\(([\d_]+), lifeMs/),
  ];
  const kept = (of: string) =>
    source.number('bull-delivery-queue.ts', new RegExp(`${of}.*age: ([\\d_]+)`)) * 1_000;
  /** All pauses of a delivery that fails every time, half of each by chance. */
  let pauses = 0;
  for (let attempt = 1; attempt < delivery('maxAttempts'); attempt += 1) {
    pauses += Math.min(delivery('retryCapMs'), delivery('retryBaseMs') * 2 ** (attempt - 1));
  }
  const quarters = (ms: number) => (Math.round(ms / 900_000) * 900_000) / 3_600_000;

  const core: Sentence[] = [
    ['docs/webhooks.md', /a time more than (5 \w+) away by the database/, [toleranceMs]],
    ['docs/webhooks.md', /hold for (another day) \(`overlapSeconds`\)/, [overlapMs]],
    ['docs/webhooks.md', /`deliveries\.maxBodyBytes` \((\d+ KiB)\)/, [delivery('maxBodyBytes')]],
    ['docs/webhooks.md', /`deliveries\.retentionMs` \((\d+ days)\)/, [delivery('retentionMs')]],
    ['docs/webhooks.md', /`deliveries\.leaseMs`, (a \w+),/, [delivery('leaseMs')]],
    [
      'docs/webhooks.md',
      /`deliveries\.handlerTimeoutMs` \((\d+ \w+)\)/,
      [delivery('handlerTimeoutMs')],
    ],
    [
      'docs/webhooks.md',
      /is retried\*\* after (\d+ s), then ever later up to (an hour), (\d+) times in all/,
      [delivery('retryBaseMs'), delivery('retryCapMs'), delivery('maxAttempts')],
    ],
    ['docs/webhooks.md', /and kept for (\d+ days)/, [delivery('deadRetentionMs')]],
    [
      'docs/webhooks.md',
      /\(the default\), (\d+) deliveries at once \(`deliveries\.concurrency`\), and (\d+) more/,
      [delivery('concurrency'), of('delivery.dispatcher.ts', 'RESERVED')],
    ],
    [
      'docs/webhooks.md',
      /Within (\d+ \w+) of it the times/,
      [of('connection-check.ts', 'AMBIGUOUS_MS')],
    ],
    ['docs/webhooks.md', /for at most (\d+ days)/, [of('revocation.service.ts', 'GIVE_UP_MS')]],
    [
      'docs/webhooks.md',
      /compared every (hour) \(`FLINT_RECONCILE_SECONDS`/,
      [option('flint.variables.ts', 'FLINT_VARIABLES', 'reconcileSeconds') * 1_000],
    ],
    [
      'docs/webhooks.md',
      /twice, (ten minutes) apart/,
      [of('reconciliation.service.ts', 'MISSING_TWICE_MS')],
    ],
    [
      'docs/webhooks.md',
      /more than (\d+) connections and (\d+ %) would end/,
      [of('reconciliation.service.ts', 'MOST'), of('reconciliation.service.ts', 'MOST_SHARE')],
    ],
    [
      'docs/webhooks.md',
      /asked about every (\d+ s), after (an hour) every (\d+ \w+), for (a week)/,
      [
        pollMs,
        of('flinks-pay.polling.ts', 'SLOW_AFTER_MS'),
        pollMs * of('flinks-pay.polling.ts', 'SLOW_FACTOR'),
        of('flinks-pay.polling.ts', 'GIVE_UP_MS'),
      ],
    ],
    [
      'docs/webhooks.md',
      /asked again after (\d+) and (\d+) minutes/,
      (source.constant('uninstalled.hint.ts', 'AGAIN_MS') as number[]).map((ms) => ms / 60_000),
    ],
    [
      'docs/webhooks.md',
      /older than (\d+ \w+) end at once/,
      [of('connection-check.ts', 'AMBIGUOUS_MS')],
    ],

    [
      'docs/keys.md',
      /install under way \| `\w+` \| (a day)/,
      [of('authorization-request.store.ts', 'KEEP_MS')],
    ],
    [
      'docs/keys.md',
      /`flock_delivery` \| (\d+ days), dead letters (\d+) /,
      [delivery('retentionMs'), delivery('deadRetentionMs') / 86_400_000],
    ],
    [
      'docs/keys.md',
      /(an hour) idle, (\d+ hours) at most/,
      [
        of('session.service.ts', 'IDLE_SECONDS') * 1_000,
        of('session.service.ts', 'LIFE_SECONDS') * 1_000,
      ],
    ],
    [
      'docs/keys.md',
      /sealed anew every (five minutes)/,
      [of('session.service.ts', 'TOUCH_SECONDS') * 1_000],
    ],
    ...rows.map((number): Sentence => ['docs/keys.md', /`--rows-per-second` \((\d+)\)/, [number]]),
    [
      'docs/keys.md',
      /everySeconds = (\d+); \/\/ the default/,
      [of('key-source.ts', 'ASK_EVERY_SECONDS')],
    ],
    [
      'docs/keys.md',
      /timeoutSeconds = (\d+); \/\/ the default/,
      [of('key-source.ts', 'DEADLINE_SECONDS')],
    ],
    ['docs/keys.md', /at most every (ten seconds)/, [of('key-source.ts', 'ASK_AGAIN_MS')]],

    ...rate.map((number): Sentence => ['docs/restore.md', /flock check --rate (\d+)/, [number]]),
    ...canaries.map((number): Sentence => [
      'docs/restore.md',
      /(five) canaries first \(`--canaries (\d+)`\)/,
      [number, number],
    ]),
    ...stopAt.map((number): Sentence => [
      'docs/restore.md',
      /more than (a fifth) of them are dead \(`--stop-at ([\d.]+)`\)/,
      [number, number],
    ]),
    [
      'docs/restore.md',
      /when they are (ten minutes) old/,
      [of('rescue.store.ts', 'ABANDONED_AFTER_MS')],
    ],

    [
      'docs/architecture.md',
      /\((\d+ s) by default: a renewal/,
      [2 * (policy('httpTimeoutMs') + policy('storeBudgetMs'))],
    ],
    [
      'docs/architecture.md',
      /of which handlers have (\d+ s)/,
      [of('delivery.dispatcher.ts', 'STOP_WITHIN_MS')],
    ],
    [
      'docs/architecture.md',
      /in the next one, at most (\d+)\./,
      [of('commit-groups.ts', 'GROUP_SIZE')],
    ],
    [
      'docs/architecture.md',
      /read again after (a minute) whatever/,
      [of('cached-connection.ts', 'REREAD_MS')],
    ],
    [
      'docs/architecture.md',
      /(two seconds) after it was last seen/,
      [of('connection-status.service.ts', 'PATIENCE_MS')],
    ],
    [
      'docs/architecture.md',
      /headers and body, (\d+ KiB) at most/,
      [of('token-transport.ts', 'MAX_TOKEN_ANSWER_BYTES')],
    ],
    ['docs/architecture.md', /after (five) unknown outcomes in a row/, [policy('spendStopAfter')]],
    ['docs/architecture.md', /with `SKIP LOCKED` for (a minute)/, [delivery('leaseMs')]],
    [
      'docs/architecture.md',
      /nobody has taken within (\d+ s)/,
      [of('delivery.dispatcher.ts', 'QUEUED_MS')],
    ],

    ['docs/runbooks.md', /one probe per (\d+ s) looks/, [policy('probeIntervalMs')]],
    ['docs/runbooks.md', /one renewal every (\d+ s) is let through/, [policy('minIntervalMs')]],
    ['docs/runbooks.md', /no clear answer (\d+) times in a row/, [policy('spendStopAfter')]],
    [
      'docs/runbooks.md',
      /go (a quarter of an hour) after/,
      [of('circuit.service.ts', 'CREDENTIAL_IDLE_MS')],
    ],
    [
      'docs/runbooks.md',
      /every process within (\d+ s), the old one for (another day)/,
      [of('webhook-secrets.service.ts', 'REREAD_MS'), overlapMs],
    ],
    [
      'docs/runbooks.md',
      /has failed (\d+) times in (one and a quarter) to (two and a half) hours/,
      [delivery('maxAttempts'), quarters(pauses / 2), quarters(pauses)],
    ],
    ['docs/runbooks.md', /They are kept for (\d+ days)/, [delivery('deadRetentionMs')]],

    ['docs/errors.md', /install took longer than (\d+ \w+)/, [attemptMs]],
    [
      'docs/errors.md',
      /more than (five minutes) from now/,
      [of('fynd-proxy.guard.ts', 'WINDOW_MS')],
    ],
    ['docs/errors.md', /more than (\d+ \w+) from the database/, [toleranceMs]],
    [
      'README.md',
      /`OPERATOR_PASSWORD` \((\d+) characters or more\)/,
      [of('operator-access.ts', 'SHORTEST')],
    ],
  ];

  const fleet: Sentence[] = [
    [
      'docs/scale-out.md',
      /time is over \((an hour) at most\)/,
      [of('retry-after.ts', 'CAP_SECONDS') * 1_000],
    ],
    ['docs/scale-out.md', /next tenth, from (\d+ ms) to (\d+ s),/, spread],
    ['docs/scale-out.md', /waits for its turn for up to (\d+ s)/, [policy('storeBudgetMs') / 2]],
    ['docs/scale-out.md', /(\d+ s) after it was due/, [of('delivery.dispatcher.ts', 'QUEUED_MS')]],
    [
      'docs/scale-out.md',
      /from the database (\d+ s) late/,
      [of('delivery.dispatcher.ts', 'QUEUED_MS')],
    ],
    ['docs/scale-out.md', /asked once (a second)/, [of('redis-watch.ts', 'PROBE_MS')]],
    ['docs/scale-out.md', /longer than (\d+ ms), once/, [of('redis-connections.ts', 'COMMAND_MS')]],
    ['docs/scale-out.md', /another reason every (fifth) time/, [of('redis-watch.ts', 'REFUSALS')]],
    ['docs/scale-out.md', /hints are asked every (\d+ s)/, [of('redis-connections.ts', 'PING_MS')]],
    [
      'docs/scale-out.md',
      /last (thousand) jobs of each kind are kept, (an hour) if completed and (a day) if failed/,
      [
        source.number('bull-delivery-queue.ts', /removeOnComplete: \{ count: ([\d_]+)/),
        kept('removeOnComplete'),
        kept('removeOnFail'),
      ],
    ],
    ['libs/redis/README.md', /after (\d+ ms) at most/, [of('redis-connections.ts', 'COMMAND_MS')]],
    ['.env.example', /option deliveries\.concurrency, (\d+)\./, [delivery('concurrency')]],
  ];

  const providers: Sentence[] = [
    [
      'libs/flute/README.md',
      /when (a fifth) of its life is left, or (five minutes) where that is less/,
      renewal,
    ],
    [
      'libs/flute/README.md',
      /does not say counts as (\d+ minutes)/,
      [profile('flute.definition.ts')],
    ],
    [
      'libs/flute/README.md',
      /`pageSize` \(1 to (\d+), default (\d+)\)/,
      Array<number>(2).fill(of('flute.pages.ts', 'LARGEST_PAGE')),
    ],
    [
      'libs/flex-pay/README.md',
      /or (\d+ minutes) where it has none/,
      [profile('flex-pay.definition.ts')],
    ],
    ['libs/fynd/README.md', /the cautious default, (an hour)/, [profile('provider-profile.ts')]],
    ['libs/flinks-pay/README.md', /asked about every (\d+ s)/, [pollMs]],
  ];

  const pausesOf = (file: string) =>
    source
      .text(file, /RETRY_DELAYS_MS = \[([\d_, ]+)\]/)
      .split(',')
      .map((seconds) => Number(seconds.replaceAll('_', '')) * 1_000);
  const [ofFlint, ofFlute] = [pausesOf('flint-sandbox.ts'), pausesOf('flute-sandbox.ts')];
  const sandbox: Sentence[] = [
    [
      'libs/sandbox/README.md',
      /`settings\.timeoutMs` \((\d+)\)/,
      [source.number('webhook-sender.ts', /timeoutMs: ([\d_]+)/)],
    ],
    [
      'libs/sandbox/README.md',
      /Flint (\d+) times, from (\d+ seconds) to (\d+ hours) apart; .*; Flute (\d+) times/,
      [ofFlint.length, Math.min(...ofFlint), Math.max(...ofFlint), ofFlute.length],
    ],
    [
      'libs/sandbox/README.md',
      /`huge_body` \(`bytes`, default (\d+ MiB)\)/,
      [source.number('play-fault.ts', /fault\.bytes \?\? (\d+) \* 1024 \* 1024/) * 1_048_576],
    ],
  ];
  return [...core, ...fleet, ...providers, ...sandbox];
}
