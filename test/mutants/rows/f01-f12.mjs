/** One renewal, killed or broken at any step. */
const CLAIM =
  'renewal-storing › F1, F3, F10: the claim of %s names the token version and ends 20 s after it was taken';
const CLAIM_OF_CALLER = CLAIM.replace('%s', 'a caller');
const CLAIM_OF_SCHEDULER = CLAIM.replace('%s', 'the scheduler');
const TAKEOVER = (taker) =>
  `renewal-storing › F1, F2: 120 s after the end of a dead process’s claim ${taker} takes it over, and an unknown outcome counts`;
const LOSS = (taker) =>
  `renewal-storing › F2: a token that is refused to ${taker} after a dead process may have spent it is told as lost, once`;
const FILE =
  'renewal-storing › F4: what the store refuses is in a file first, is tried again for 10 s, and then left to the next process';
const NONSENSE =
  'renewal-storing › F6: a token set is stored although its other fields make no sense';
const HERD = 'renewal › F8: two instances that renew at once make one call and share its token';
const DEADLINE =
  'renewal › F11: who waits for another process, or for the provider, leaves after 15 s';
const FAILURE =
  'renewal › F12: all waiters leave with a retryable error when the holder meets a 5xx';

export default [
  {
    id: 'F1-claim-without-time-to-store',
    row: 'F1',
    file: 'renewal-policy.ts',
    before: 'policy.httpTimeoutMs + policy.storeBudgetMs;',
    after: 'policy.httpTimeoutMs;',
    breaks: 'the claim ends by itself, 20 s after it was taken',
    killedBy: [CLAIM_OF_CALLER, CLAIM_OF_SCHEDULER],
  },
  {
    id: 'F1-callers-take-over-at-once',
    row: 'F1',
    file: 'claim.statements.ts',
    before: 'OR claim_until <= {now} - :grace)',
    after: 'OR claim_until <= {now} - 0 * :grace)',
    breaks: '120 s later another process takes over',
    killedBy: [TAKEOVER('a caller')],
  },
  {
    id: 'F1-scheduler-takes-over-at-once',
    row: 'F1',
    file: 'due-connections.ts',
    before: '${renewable()}',
    after: "${renewable().replace('- :grace', '- 0 * :grace')}",
    breaks: 'or because the token is due',
    killedBy: [TAKEOVER('the scheduler')],
  },
  {
    id: 'F1-scheduler-leaves-dead-claims',
    row: 'F1',
    file: 'due-connections.ts',
    before: '${renewable()}',
    after: "${renewable().replace('{now} - :grace', '0 * :grace')}",
    breaks: 'another process takes over',
    killedBy: [TAKEOVER('the scheduler')],
  },
  {
    id: 'F1-short-grace',
    row: 'F1',
    file: 'renewal-policy.ts',
    before: 'rescueGraceMs: 120_000,',
    after: 'rescueGraceMs: 20_000,',
    breaks: '120 s later',
    killedBy: [TAKEOVER('a caller'), TAKEOVER('the scheduler')],
  },
  {
    id: 'F1-long-grace',
    row: 'F1',
    file: 'renewal-policy.ts',
    before: 'rescueGraceMs: 120_000,',
    after: 'rescueGraceMs: 600_000,',
    breaks: '120 s later',
    killedBy: [TAKEOVER('a caller')],
  },
  {
    id: 'F2-callers-count-nothing',
    row: 'F2',
    file: 'claim.statements.ts',
    before: 'AND unknown_outcomes < 1000000 THEN 1 ELSE 0 END',
    after: 'AND unknown_outcomes < 1000000 THEN 0 ELSE 0 END',
    breaks: 'the next owner counts an unknown outcome',
    killedBy: [TAKEOVER('a caller'), LOSS('a caller')],
  },
  {
    id: 'F2-scheduler-counts-nothing',
    row: 'F2',
    file: 'due-connections.ts',
    before: 'takenAs(this.database.dialect.randomId)',
    after: "takenAs(this.database.dialect.randomId).replace('THEN 1 ELSE', 'THEN 0 ELSE')",
    breaks: 'the next owner counts an unknown outcome',
    killedBy: [TAKEOVER('the scheduler'), LOSS('the scheduler')],
  },
  {
    id: 'F2-only-own-doubts',
    row: 'F2',
    file: 'renewal.statements.ts',
    before: 'CASE WHEN unknown_outcomes + :unknown > 0 AND',
    after: 'CASE WHEN :unknown > 0 AND',
    breaks: 'with the reason rotation_lost',
    killedBy: [LOSS('a caller'), LOSS('the scheduler')],
  },
  {
    id: 'F2-token-is-erased',
    row: 'F2',
    file: 'renewal.statements.ts',
    before: "status = 'reauthorization_required', due_at = NULL, changed_at",
    after: "status = 'reauthorization_required', token_set = NULL, due_at = NULL, changed_at",
    breaks: 'the token is kept',
    killedBy: [LOSS('a caller')],
  },
  {
    id: 'F2-marked-then-told',
    row: 'F2',
    file: 'connection-ledger.ts',
    before: `    await this.audit.record(transaction, {
      ...trail,
      provider,
      app,
      environment,
      connectionId: id,
      ...(owner !== null && { owner }),
    });`,
    after: `    const told = {
      ...trail,
      provider,
      app,
      environment,
      connectionId: id,
      ...(owner !== null && { owner }),
    };
    transaction.afterCommit(() => void this.audit.note(told));`,
    breaks: 'also if a process dies while it writes that down',
    killedBy: ['kill › F2: killed right after a connection was marked, the audit still names it'],
  },
  {
    id: 'F3-callers-name-no-version',
    row: 'F3',
    file: 'claim.statements.ts',
    before: 'claim_until = {now} + :lease,\n    claim_version = token_version`',
    after: 'claim_until = {now} + :lease,\n    claim_version = NULL`',
    breaks: 'is the record of which token version was about to be spent',
    killedBy: [CLAIM_OF_CALLER],
  },
  {
    id: 'F3-scheduler-names-no-version',
    row: 'F3',
    file: 'due-connections.ts',
    before: 'takenAs(this.database.dialect.randomId)',
    after: "takenAs(this.database.dialect.randomId).replace(/token_version$/, 'NULL')",
    breaks: 'is the record of which token version was about to be spent',
    killedBy: [CLAIM_OF_SCHEDULER],
  },
  {
    id: 'F3-claim-stays-after-the-commit',
    row: 'F3',
    file: 'renewal.statements.ts',
    before: '${NO_CLAIM},\n    unknown_outcomes = 0',
    after: 'unknown_outcomes = 0',
    breaks: 'After the commit what is stored counts',
    killedBy: ['kill › F3: after the commit, the stored result counts'],
  },
  {
    id: 'F4-tries-before-the-file',
    row: 'F4',
    file: 'rescue.service.ts',
    before: `this.unwritten.add(record.attemptId);
    const refusal = this.write(record);
    if (refusal`,
    after: `const until = performance.now() + budgetMs;
    for (; performance.now() < until; await wait(50)) {
      await this.replay();
      if (!this.pending.has(record.attemptId)) return true;
    }
    const refusal = this.write(record);
    if (refusal`,
    breaks: 'the sealed result is in a rescue file before the write is tried again',
    killedBy: [FILE],
  },
  {
    id: 'F4-not-tried-again',
    row: 'F4',
    file: 'rescue.service.ts',
    before: 'performance.now() < giveUp; pause',
    after: 'performance.now() < giveUp - budgetMs; pause',
    breaks: 'the write is repeated for 10 s',
    killedBy: [FILE],
  },
  {
    id: 'F4-short-budget',
    row: 'F4',
    file: 'renewal-policy.ts',
    before: 'storeBudgetMs: 10_000,',
    after: 'storeBudgetMs: 2_000,',
    breaks: 'the write is repeated for 10 s',
    killedBy: [FILE],
  },
  {
    id: 'F4-handed-out-at-once',
    row: 'F4',
    file: 'token-store.service.ts',
    before: 'stored = await this.database.write(STORE_TOKENS, parameters);',
    after: `const next = { ...row, expires_at: result.expiresAt, refreshed_at: row.db_now };
      next.token_version += 1;
      this.cache.put(this.entries.fromTokens(next, result.tokens, readAt));
      stored = await this.database.write(STORE_TOKENS, parameters);`,
    breaks: 'The new access token is not handed out before it is stored',
    killedBy: [FILE],
  },
  {
    id: 'F4-next-process-does-not-look',
    row: 'F4',
    file: 'token.wing.ts',
    before: 'await this.rescue.recover();\n    await this.configured.ensure();',
    after: 'await this.configured.ensure();',
    breaks: 'this process or the next stores from the file',
    killedBy: [FILE],
  },
  {
    id: 'F4-not-sealed',
    row: 'F4',
    file: 'token-store.service.ts',
    before: 'this.sealing.seal(tokenSetPlace(row.id), writeTokenSet(result.tokens))',
    after: 'Buffer.from(writeTokenSet(result.tokens))',
    breaks: 'the sealed result',
    killedBy: [FILE],
  },
  {
    id: 'F4-file-overrules-the-store',
    row: 'F4',
    file: 'token-store.service.ts',
    before: 'const row = await this.database.write(STORE_TOKENS, parameters);',
    after: `const current = await this.reader.row(parameters.id);
    const spent = current?.token_version ?? parameters.spent;
    const row = await this.database.write(STORE_TOKENS, { ...parameters, spent });`,
    breaks: 'by the same conditional statement',
    killedBy: [
      'foreign-store › F4, P37: a result that is newer than a restored store, or whose connection it has not, is kept',
    ],
  },
  {
    id: 'F4-one-file-for-a-batch',
    row: 'F4',
    file: 'claims.ts',
    before: '{ attemptId: row.claim_id as string, askedAt, receivedAt }',
    after: '{ attemptId: this.owner, askedAt, receivedAt }',
    breaks: 'the sealed result is in a rescue file',
    killedBy: [
      'failures/regressions › F4: a batch of the scheduler that the store refuses keeps every result, not only the last',
    ],
  },
  {
    id: 'F4-installs-are-not-rescued',
    row: 'F4',
    file: 'installed-connection.store.ts',
    before: 'await this.saveLater(installed);',
    after:
      'if (installed.keptForOwner !== true) throw error;\n      await this.saveLater(installed);',
    breaks: 'Installs are rescued alike',
    killedBy: [
      'instances › F4: an install whose result the database refuses is finished from its rescue file',
    ],
    on: 'postgres',
  },
  {
    id: 'F4-one-holds-up-the-others',
    row: 'F4',
    file: 'libs/core/src/token/rescue/rescue.service.ts',
    before: `        if (!(await this.storeAnswers())) return;
        this.complain(record, error);`,
    after: `        if (await this.storeAnswers()) this.complain(record, error);
        return;`,
    breaks: 'this process or the next stores from the file by the same conditional statement',
    killedBy: [
      'renewal-storing › F4: a rescued result that does not open stays, and holds up none of those after it',
    ],
  },
  {
    id: 'F4-waits-outside-the-rescue',
    row: 'F4',
    file: 'installed-connection.store.ts',
    before: `    try {
      await this.waitForClaim(installed);
      await this.save(installed);
    } catch (error) {`,
    after: `    await this.waitForClaim(installed);
    try {
      await this.save(installed);
    } catch (error) {`,
    breaks: 'Installs are rescued alike.',
    killedBy: [
      'instances › F4: an install whose result the database refuses is finished from its rescue file',
    ],
    on: 'postgres',
  },
  {
    id: 'F5-only-under-its-claim',
    row: 'F5',
    file: 'renewal.statements.ts',
    before: `"generation = :generation AND token_version = :spent AND status <> 'revoked'"`,
    after: `"generation = :generation AND token_version = :spent AND status <> 'revoked' AND claim_id = :attempt"`,
    breaks: 'storing depends on generation, status and token version alone',
    killedBy: [
      'renewal-storing › F5: an unrelated write to the row in between does not cost the new token',
    ],
  },
  {
    id: 'F5-not-in-a-pause',
    row: 'F5',
    file: 'renewal.statements.ts',
    before: `"generation = :generation AND token_version = :spent AND status <> 'revoked'"`,
    after: `"generation = :generation AND token_version = :spent AND status <> 'revoked' AND retry_at IS NULL"`,
    breaks: 'every other write lives beside it',
    killedBy: [
      'renewal-storing › F5: an unrelated write to the row in between does not cost the new token',
    ],
  },
  {
    id: 'F5-not-while-claimed',
    row: 'F5',
    file: 'renewal.statements.ts',
    before: "token_version = :spent AND status <> 'revoked'\"",
    after:
      "token_version = :spent AND status <> 'revoked' AND (claim_id IS NULL OR claim_id = :attempt)\"",
    breaks: 'storing depends on generation, status and token version alone',
    killedBy: [
      'renewal-storing › F5: an unrelated write to the row in between does not cost the new token',
    ],
  },
  {
    id: 'F5-a-webhook-moves-the-version',
    row: 'F5',
    file: 'connection.statements.ts',
    before: 'scopes = :scopes, scopes_at = :at, changed_at = {now},',
    after:
      'scopes = :scopes, scopes_at = :at, changed_at = {now}, token_version = token_version + 1,',
    breaks:
      'storing depends on generation, status and token version alone, which only installs, withdrawals and token sets move',
    killedBy: [
      'lifecycle › F5: scopes that change while a renewal is under way do not cost the new token',
    ],
  },
  {
    id: 'F6-judges-the-type-first',
    row: 'F6',
    file: 'renewal-attempt.service.ts',
    before: "    if (verdict.kind === 'granted') {",
    after: `    if (verdict.kind === 'granted' && verdict.answer.token_type !== 'Bearer') {
      throw await this.claims.end(claimed, 'refused', { unknown });
    }
    if (verdict.kind === 'granted') {`,
    breaks: 'the token set is stored before anything about it is judged',
    killedBy: [NONSENSE],
  },
  {
    id: 'F6-no-scopes',
    row: 'F6',
    file: 'token-result.ts',
    before: 'readGrantedScopes(answer.scope) ?? previous.scopes',
    after: "readGrantedScopes(answer.scope) ?? ''",
    breaks: 'the scopes of before',
    killedBy: [NONSENSE],
  },
  {
    id: 'F6-no-life',
    row: 'F6',
    file: 'token-result.ts',
    before: 'readLifetimeSeconds(answer.expires_in) ?? profile.defaultLifetimeSeconds',
    after: 'readLifetimeSeconds(answer.expires_in) ?? 0',
    breaks: 'default life',
    killedBy: [NONSENSE],
  },
  {
    id: 'F6-a-list-in-part',
    row: 'F6',
    file: 'token-result.ts',
    before:
      "    return texts.length === scope.length ? readGrantedScopes(texts.join(' ')) : undefined;",
    after: "    return readGrantedScopes(texts.join(' '));",
    breaks:
      "what makes no sense falls back to the provider's default life and the scopes of before",
    killedBy: [
      'renewal-storing › F6: a token set is stored although its other fields make no sense',
    ],
  },
  {
    id: 'F7-callers-cannot-leave',
    row: 'F7',
    file: 'within.ts',
    before: "signal?.addEventListener('abort', onAbort, { once: true });",
    after: '',
    breaks: 'a caller aborts',
    killedBy: ['renewal › F7: the renewal goes on when the caller who started it has left'],
  },
  {
    id: 'F7-shutdown-does-not-wait',
    row: 'F7',
    file: 'renewal.service.ts',
    before: 'while (this.flights.size > 0) await',
    after: 'while (this.flights.size > 1_000) await',
    breaks: 'it goes on under deadlines of its own and is stored',
    killedBy: [
      'failures/regressions › F7: a shutdown waits for a renewal under way, whoever has cleared the timers before',
    ],
  },
  {
    id: 'F7-waits-for-a-vault',
    row: 'F7',
    file: 'resolve-secret.ts',
    before: 'RESOLVER_DEADLINE_MS = 5_000',
    after: 'RESOLVER_DEADLINE_MS = 500_000',
    breaks: 'a vault hangs',
    killedBy: [
      'failures/regressions › F7: a secret resolver that hangs fails its callers and nothing else, and recovers',
    ],
  },
  {
    id: 'F7-stops-without-its-renewals',
    row: 'F7',
    file: 'token.wing.ts',
    before: 'return this.renewals.settled();',
    after: 'return Promise.resolve();',
    breaks: 'it goes on under deadlines of its own and is stored',
    killedBy: [
      'failures/regressions › F7: a renewal that the last request leaves behind is stored before the database closes',
    ],
  },
  {
    id: 'F7-one-unusable-ref-fails-the-shared-read',
    row: 'F7',
    file: 'connection.reader.ts',
    before: `typeof value === 'string' && value !== '' && !value.includes('\\u0000');`,
    after: `typeof value === 'string' && value !== '';`,
    breaks: "A caller's own failure fails that caller alone",
    killedBy: [
      'renewal › F7: a ref that a database cannot take fails its own caller, and none who asks at the same time',
    ],
    on: 'postgres',
  },
  {
    id: 'F8-a-flight-for-each-caller',
    row: 'F8',
    file: 'renewal.service.ts',
    before: 'if (flying !== undefined) return flying;',
    after: 'if (flying !== undefined && options.force === true) return flying;',
    breaks: 'one flight per connection and generation in a process',
    killedBy: [HERD],
  },
  {
    id: 'F8-claims-are-no-obstacle',
    row: 'F8',
    file: 'claim.statements.ts',
    before: "renewable('OR claim_id = :attempt')",
    after: "renewable('OR claim_id <> :attempt')",
    breaks: 'one claim in the store',
    killedBy: [HERD],
  },
  {
    id: 'F8-one-flight-for-all-generations',
    row: 'F8',
    file: 'renewal.service.ts',
    before: 'const key = `${known.id}/${known.generation}`;',
    after: 'const key = known.id;',
    breaks: 'per connection and generation',
    killedBy: ['renewal › F8: a renewal of before a new install holds up nobody after it'],
  },
  {
    id: 'F9-marks-whatever-is-stored',
    row: 'F9',
    file: 'renewal-attempt.service.ts',
    before: `if (now === undefined || now.token_version !== claimed.row.token_version) {
      this.cache.drop(claimed.row.id);
      return;
    }`,
    after: `if (now === undefined) {
      this.cache.drop(claimed.row.id);
      return;
    }
    claimed = { ...claimed, row: now };`,
    breaks: 'only if the very token version that was refused is still the stored one',
    killedBy: [
      'renewal › F9, S33: who is told invalid_grant because another has renewed takes the token that won',
    ],
  },
  {
    id: 'F9-spends-what-is-stored',
    row: 'F9',
    file: 'claim.statements.ts',
    before: 'generation = :generation AND token_version = :version',
    after: 'generation = :generation AND token_version >= :version',
    breaks: 'else the stored token is taken and nothing changes',
    killedBy: [
      'renewal › F9, F34: an instance that remembers the token from before the renewal takes the new one, without a call',
    ],
  },
  {
    id: 'F9-a-timer-sends-it-again',
    row: 'F9',
    file: 'due-connections.ts',
    before: '${renewable()}',
    after: `\${renewable().replace("status = 'active'", "status <> 'revoked'")}`,
    breaks: 'never sent again, neither for a caller nor by a timer',
    killedBy: [
      'renewal-answers › F9, F18: 400 invalid_grant says by its code that the grant is dead',
    ],
  },
  {
    id: 'F9-callers-hear-nothing',
    row: 'F9',
    file: 'assert-usable.ts',
    before: "if (status === 'reauthorization_required') {",
    after: "if (status === 'reauthorization_required' && unreadable) {",
    breaks: 'neither for a caller',
    killedBy: [
      'renewal-answers › F9, F18: 400 invalid_grant says by its code that the grant is dead',
    ],
  },
  {
    id: 'F9-marked-is-claimed',
    row: 'F9',
    file: 'claim.statements.ts',
    before: "${renewable('OR claim_id = :attempt')}",
    after: `\${renewable('OR claim_id = :attempt').replace("status = 'active'", '1 = 1')}`,
    breaks: 'is never sent again, neither for a caller nor by a timer',
    killedBy: [
      'renewal › F9: who does not know yet that a connection was marked does not send its token',
    ],
  },
  {
    id: 'F10-claim-without-time-for-the-call',
    row: 'F10',
    file: 'renewal-policy.ts',
    before: 'policy.httpTimeoutMs + policy.storeBudgetMs;',
    after: 'policy.storeBudgetMs;',
    breaks: 'one call and its storing fit into a claim by construction',
    killedBy: [CLAIM_OF_CALLER, CLAIM_OF_SCHEDULER],
  },
  {
    id: 'F10-trusts-an-old-claim',
    row: 'F10',
    file: 'renewal-sender.ts',
    before: 'used < policy.storeBudgetMs) return true;',
    after: 'used < 100 * policy.storeBudgetMs) return true;',
    breaks: 'before a call with too little of it left the claim is extended',
    killedBy: [
      'blocked-process › F10: with too little of the claim left for a call, the claim is extended before it',
    ],
  },
  {
    id: 'F10-calls-without-a-claim',
    row: 'F10',
    file: 'claims.ts',
    before: 'return extended !== undefined;',
    after: "return extended !== undefined || row.status === 'active';",
    breaks: 'or the call is not made',
    killedBy: [
      'blocked-process › F10: after the claim: another takes over only after claim and grace, and it does not send',
    ],
  },
  {
    id: 'F10-late-results-win',
    row: 'F10',
    file: 'renewal.statements.ts',
    before: `generation = :generation AND token_version = :spent AND status <> 'revoked'`,
    after: `generation = :generation AND token_version >= :spent AND status <> 'revoked'`,
    breaks: 'a late result is stored only if its token version is still the present one',
    killedBy: [
      'renewal › F10: a result that comes after its claim lapsed cannot overwrite a newer one',
    ],
  },
  {
    id: 'F10-lost-batches-lapse',
    row: 'F10',
    file: 'due-connections.ts',
    before: 'void untilAnswered(leaseMs(policy), () => this.giveBack(queue, bound, owner));',
    after: 'void untilAnswered(0, () => this.giveBack(queue, bound, owner));',
    breaks: 'A batch of claims whose answer got lost is given back whole',
    killedBy: [
      'scale › F10: a batch whose answer got lost is given back whole, and nothing counts as unknown',
    ],
  },
  {
    id: 'F11-who-is-due-waits',
    row: 'F11',
    file: 'token.service.ts',
    before: 'entry.accessToken !== undefined && entry.usableUntil > performance.now()',
    after: 'entry.accessToken !== undefined && entry.renewAt > performance.now()',
    breaks: 'who may still use the present token is given it at once',
    killedBy: [
      'renewal › F11: who may still use a token that is due gets it at once, while it is renewed',
    ],
  },
  {
    id: 'F11-waits-a-minute',
    row: 'F11',
    file: 'renewal-policy.ts',
    before: 'waitMs: 15_000,',
    after: 'waitMs: 60_000,',
    breaks: 'waits 15 s at most',
    killedBy: [DEADLINE],
  },
  {
    id: 'F11-waits-for-another-for-ever',
    row: 'F11',
    file: 'renewal.service.ts',
    before: 'const giveUp = performance.now() + this.policy.waitMs;',
    after: 'const giveUp = Infinity;',
    breaks: 'waits 15 s at most',
    killedBy: [DEADLINE],
  },
  {
    id: 'F11-waits-for-the-provider-for-ever',
    row: 'F11',
    file: 'token.service.ts',
    before: 'const rest = Math.max(0, started + waitMs - performance.now());',
    after: 'const rest = Math.max(waitMs * 60, started);',
    breaks: 'waits 15 s at most',
    killedBy: [DEADLINE],
  },
  {
    id: 'F11-blames-the-merchant',
    row: 'F11',
    file: 'renewal.service.ts',
    before: "'renewal_timeout',",
    after: "'reauthorization_required',",
    breaks: "says nothing about the merchant's credentials",
    killedBy: [
      'renewal › F11: a waiter is served the token that still holds, else gets a retryable error of its own',
    ],
  },
  {
    id: 'F11-not-retryable',
    row: 'F11',
    file: 'error-codes.ts',
    before: "kind(503, 'The token could not be renewed in time', true)",
    after: "kind(503, 'The token could not be renewed in time')",
    breaks: 'which is retryable',
    killedBy: [
      'renewal › F11: a waiter is served the token that still holds, else gets a retryable error of its own',
    ],
  },
  {
    id: 'F12-failure-is-not-written',
    row: 'F12',
    file: 'claim.statements.ts',
    before: 'failures = failures + 1, failure = :failure, retry_at = {now} + :delay,',
    after: 'failures = failures + 1,',
    breaks: 'the failure is in the store',
    killedBy: [FAILURE],
  },
  {
    id: 'F12-claim-stays-after-a-failure',
    row: 'F12',
    file: 'claim.statements.ts',
    before: '${NO_CLAIM},\n    failures = failures + 1',
    after: 'failures = failures + 1',
    breaks: 'as soon as the attempt has ended',
    killedBy: [FAILURE],
  },
  {
    id: 'F12-waiters-wait-out-the-pause',
    row: 'F12',
    file: 'renewal.service.ts',
    before: 'return pauseOf(row) ??',
    after: 'return (round === 0 ? pauseOf(row) : undefined) ??',
    breaks: 'all leave with the same retryable error',
    killedBy: [FAILURE],
  },
  {
    id: 'F12-one-after-the-other',
    row: 'F12',
    file: 'claim.statements.ts',
    before: 'AND (retry_at IS NULL OR retry_at <= {now})',
    after: '',
    breaks: 'so that the others do not try one after the other',
    killedBy: [FAILURE],
  },
];
