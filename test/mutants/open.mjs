/**
 * Breaks that somebody thought of who knew only the docs and the product's code. No test is named for
 * them yet, and some are known to survive: `npm run check:mutants -- --trial test/mutants/open.mjs` runs
 * the tests of their rows. One that is killed moves to `rows/` with the test that does it.
 */
export default [
  {
    id: 'open-03-F4',
    row: 'F4',
    file: 'rescue.store.ts',
    before: 'const ABANDONED_AFTER_MS = 600_000;',
    after: 'const ABANDONED_AFTER_MS = 600_000_000;',
    breaks: 'this process or the next stores from the file',
  },
  {
    id: 'open-04-F5',
    row: 'F5',
    file: 'refresh.statements.ts',
    before: "token_version = :spent AND status <> 'revoked'\"",
    after:
      "token_version = :spent AND status <> 'revoked' AND (claim_id IS NULL OR claim_id = :attempt)\"",
    breaks: 'storing depends on generation, status and token version alone',
  },
  {
    id: 'open-05-F7',
    row: 'F7',
    file: 'flock.lifecycle.ts',
    before: 'performance.now() + 2 * leaseMs(this.refreshPolicy)',
    after: 'performance.now() + leaseMs(this.refreshPolicy) / 4',
    breaks: 'it goes on under deadlines of its own and is stored',
  },
  {
    id: 'open-07-F10',
    row: 'F10',
    file: 'refresh-attempt.service.ts',
    before: `    const waitMs = await this.sender.book(app, place);
    if (waitMs > 0) {
      return { outcome: { kind: 'held', waitMs }, sentAt: row.db_now, unknown: 0, opened };
    }
    if (!(await this.stillHolds(claimed))) return LAPSED;
`,
    after: `    if (!(await this.stillHolds(claimed))) return LAPSED;
    const waitMs = await this.sender.book(app, place);
    if (waitMs > 0) {
      return { outcome: { kind: 'held', waitMs }, sentAt: row.db_now, unknown: 0, opened };
    }
`,
    breaks:
      'before a call with too little of it left the claim is extended or the call is not made',
  },
  {
    id: 'open-13-F29',
    row: 'F29',
    file: 'code-exchange.ts',
    before: 'return Number(row?.db_now);',
    after: 'return row === undefined ? NaN : Date.now();',
    breaks: "lives, claims and times of webhooks are measured by the database's clock",
  },
  {
    id: 'open-14-F32',
    row: 'F32',
    file: 'refresh.statements.ts',
    before: 'refreshed_at <= {now} - :interval',
    after: 'refreshed_at <= {now} + :interval',
    breaks: 'a connection is renewed at most every 5 s',
  },
  {
    id: 'open-15-F34',
    row: 'F34',
    file: 'change-feed.ts',
    before: 'if (this.seen.get(id) === changedAt) continue;',
    after: 'if (this.seen.has(id)) continue;',
    breaks: 'every process reads once a second what was withdrawn or replaced',
  },
  {
    id: 'open-16-F43',
    row: 'F43',
    file: 'revocation.service.ts',
    before: 'const EXCHANGE_MS = 60_000;',
    after: 'const EXCHANGE_MS = 5_000;',
    breaks: 'A revocation and an exchange of one app exclude each other',
  },
  {
    id: 'open-17-F45',
    row: 'F45',
    file: 'lifecycle.handler.ts',
    before: 'at === undefined ? 0 :',
    after: 'at === undefined ? Infinity :',
    breaks: 'where a time is not known, the provider is asked',
  },
  {
    id: 'open-18-F47',
    row: 'F47',
    file: 'installed-connection.store.ts',
    before: 'provider_time = :provider_time, scopes_at = NULL,',
    after: 'provider_time = :provider_time,',
    breaks: "what the library itself applies follows the provider's time of the event",
  },
  {
    id: 'open-19-F48',
    row: 'F48',
    file: 'delivery.statements.ts',
    before: 'set: `claim_id = :claim, claim_until = {now} + :lease, ${COUNTED}`,',
    after: 'set: `claim_id = :claim, claim_until = {now} + :lease`,',
    breaks: 'with attempt above 1, up to 12 times; then it is a dead letter',
  },
  {
    id: 'open-20-F51',
    row: 'F51',
    file: 'delivery.dispatcher.ts',
    before: `      for (const handler of handlers.filter(({ internal }) => internal === true)) {
        await this.run(running, handler, delivery);
      }
      // What the library did may have changed the connection.
      const connection = await this.subject.connectionOf(row, delivery.payload);
      const { connection: _before, ...rest } = delivery;
      const now = { ...rest, ...(connection !== undefined && { connection }) };
      const hosts = handlers.filter(({ internal }) => internal !== true);
      await Promise.all(hosts.map((handler) => this.run(running, handler, now)));
`,
    after: `      const connection = await this.subject.connectionOf(row, delivery.payload);
      const { connection: _before, ...rest } = delivery;
      const now = { ...rest, ...(connection !== undefined && { connection }) };
      const hosts = handlers.filter(({ internal }) => internal !== true);
      await Promise.all(hosts.map((handler) => this.run(running, handler, now)));
      for (const handler of handlers.filter(({ internal }) => internal === true)) {
        await this.run(running, handler, delivery);
      }
`,
    breaks: 'does not wait behind handlers of yours that hang',
  },
  {
    id: 'open-21-S7',
    row: 'S7',
    file: 'attempt-recognition.ts',
    before: 'if (row.provider !== app.provider || row.app !== app.name) {',
    after: 'if (row.app !== app.name) {',
    breaks: 'the attempt knows its app',
  },
  {
    id: 'open-25-S21',
    row: 'S21',
    file: 'install-page.ts',
    before: "  'Referrer-Policy': 'no-referrer',\n",
    after: '',
    breaks: 'no-referrer',
  },
  {
    id: 'open-26-S24',
    row: 'S24',
    file: 'attempt-cookies.ts',
    before: `      maxAge: ATTEMPT_LIFE_SECONDS,
      ...this.scope,`,
    after: `      maxAge: 96 * ATTEMPT_LIFE_SECONDS,
      ...this.scope,`,
    breaks: '15 minutes for an attempt',
  },
  {
    id: 'open-27-S25',
    row: 'S25',
    file: 'connection-guard.service.ts',
    before: "new Set(['GET', 'HEAD'])",
    after: "new Set(['GET', 'HEAD', 'DELETE'])",
    breaks: "every method but GET and HEAD needs an Origin of the host's own",
  },
  {
    id: 'open-30-S30',
    row: 'S30',
    file: 'webhook-secrets.service.ts',
    before: 'return known !== undefined && known.secrets.length > 0;',
    after: 'return known !== undefined;',
    breaks: 'webhooks of unknown routes and unsigned posts are limited by address',
  },
  {
    id: 'open-31-S32',
    row: 'S32',
    file: 'connection-guard.service.ts',
    before: 'if (missingScopes.length === 0) return;',
    after: 'if (missingScopes.length === 0 || missingScopes.length < scopes.length) return;',
    breaks: 'guarded routes name what they need, all of it',
  },
  {
    id: 'open-33-S36',
    row: 'S36',
    file: 'connection.reader.ts',
    before: 'return JSON.stringify([provider, app, environment, account, owner]);',
    after: 'return JSON.stringify([provider, app, environment, account ?? owner]);',
    breaks: 'A name that fits two is refused, not guessed',
  },
  {
    id: 'open-35-P12',
    row: 'P12',
    file: 'reconciliation.service.ts',
    before: 'await source.assertReadable();',
    after: 'await source.assertReadable().catch(() => undefined);',
    breaks: 'while the app itself can be read',
  },
  {
    id: 'open-36-P14',
    row: 'P14',
    file: 'uninstalled.hint.ts',
    before: '? 0 : row.expires_at + AFTER_END_MS - receivedAt;',
    after: '? 0 : AFTER_END_MS;',
    breaks: 'at the end of the token',
  },
  {
    id: 'open-39-P66',
    row: 'P66',
    file: 'named-company.ts',
    before: "...query.getAll('company_id'),",
    after: "query.get('company_id'),",
    breaks: 'A request that names two is invalid_request',
  },
  {
    id: 'open-40-P77',
    row: 'P77',
    file: 'connection.statements.ts',
    before: 'CASE WHEN :keep = 1 AND token_set IS NOT NULL THEN credential ELSE NULL END',
    after: 'CASE WHEN token_set IS NOT NULL THEN credential ELSE NULL END',
    breaks: 'removed by disconnecting',
  },
];
