/**
 * Branches of the core that no test of this process takes, by the reason: `lines` are the end of the
 * file's name and the line that would have run. With `sometimes`, a run may take them all the same.
 */
export const UNCOVERED = [
  {
    why: 'Left to test/campaigns and test/record: what hostile or random input reaches, and promises with a wait',
    sometimes: true,
    lines: [
      [
        'cache-entry.factory.ts',
        "const opened = isIntact(row) ? this.openTokens(row) : this.unreadable(row, 'malformed');",
      ],
      ['connection-status.service.ts', 'if (expires_at === null || refreshed_at === null) return;'],
      [
        'connection.cache.ts',
        'if (held.generation !== offered.generation) return held.generation > offered.generation;',
      ],
      ['database.ts', 'throw new FlockError('],
      ['delivery.dispatcher.ts', "return await this.finish(running, 'unreadable');"],
      [
        'delivery.dispatcher.ts',
        "return this.finish(running, missing.length > 0 ? 'handler_missing' : undefined);",
      ],
      ['delivery.dispatcher.ts', 'if (this.stopped) return;'],
      ['attempt-cookies.ts', 'started: Number.parseInt(value, 36) || 0,'],
      ['token.service.ts', '!entry.unreadable &&'],
      ['token.service.ts', 'performance.now() < started + waitMs'],
      [
        'renewal-attempt.service.ts',
        "const code = error instanceof FlockError ? error.code : 'error';",
      ],
      ['token-store.service.ts', 'const known ='],
      ['token-store.service.ts', 'now.generation >= parameters.generation;'],
      [
        'webhook.receiver.ts',
        "const type = fitsColumn(event.type, 190) && event.type !== '' ? event.type : 'unknown';",
      ],
      [
        'renewal-attempt.service.ts',
        "await this.claims.end(claimed, 'interrupted', { unknown: 0 });",
      ],
    ],
  },
  {
    why: 'In commands and instances that test/foundation/deployment and test/foundation/foreign-store start as processes of their own',
    lines: [
      ['deployment.ts', 'const restoredAt = this.known?.restoredAt;'],
      [
        'deployment.ts',
        'return restoredAt !== undefined && (row.refreshed_at ?? row.installed_at) < restoredAt;',
      ],
      ['deployment.ts', 'if (!adopting && (await store.showMigrations())) {'],
      [
        'deployment.ts',
        'const us = this.mine === undefined ? \'no FLOCK_DEPLOYMENT_ID\' : `"${this.mine}"`;',
      ],
      ['deployment.ts', "actor: outcome === 'claimed' ? 'scheduler' : 'operator',"],
      [
        'deployment.ts',
        'reason: from === undefined || from === name ? name : `${name}, was ${from}`,',
      ],
      ['renewal-attempt.service.ts', 'const doubts = this.deployment.isDoubtful(now) ? 1 : 0;'],
      ['foundation.wing.ts', 'if (command !== undefined) return;'],
      ['foundation.wing.ts', "const leavesThem = command !== undefined && command !== 'adopt';"],
      ['foundation.wing.ts', "return leavesThem && wanted === 'run' ? 'check' : wanted;"],
      ['flock.conductor.ts', 'if (this.command !== undefined) return;'],
    ],
  },
  {
    why: 'In hosts that test/failures freezes, stops or kills: blocked-process, outage, database-server, sigterm',
    lines: [
      [
        'unit-of-work.ts',
        "if (session.closed) throw new Error('unit of work took longer than 5 s and was aborted');",
      ],
      ['renewal.service.ts', 'if (this.rescue.has(row.id)) {'],
      ['renewal.service.ts', 'if (this.rescue.has(known.id)) {'],
      [
        'install-completion.ts',
        'while (this.running.size > 0) await Promise.allSettled(this.running);',
      ],
      ['delivery.dispatcher.ts', 'if (recorded !== undefined || running.claim === claim) return;'],
      ['renewal-attempt.service.ts', "case 'lapsed':"],
      ['renewal-sender.ts', "if (!(await this.stillHolds(claimed))) return { kind: 'lapsed' };"],
    ],
  },
  {
    why: 'Only on another system, server or driver: Windows, MySQL (TEST_MYSQL_URL), a driver without its binary',
    lines: [
      ['rescue.store.ts', "if (process.platform === 'win32') return;"],
      ['create-table.ts', ": 'utf8mb4_0900_bin';"],
      ['open-dialect.ts', 'throw missing('],
      ['open-dialect.ts', 'return loaded.default ?? loaded;'],
    ],
  },
  {
    why: 'Bounds of what is kept in memory: a test would need 10,000 or 20,000 connections',
    lines: [
      ['connection.cache.ts', '} else if (this.byId.size >= CAPACITY) {'],
      ['connection.cache.ts', 'if (this.withdrawn.size >= CAPACITY) this.withdrawn.clear();'],
      ['connection.reader.ts', 'if (this.absent.size >= ABSENT_CAPACITY) this.absent.clear();'],
      ['token.service.ts', 'if (!entry.marked) entry.marked = true;'],
    ],
  },
  {
    why: 'Races: two processes, or two steps of one, would have to meet within a moment that no test can time',
    sometimes: true,
    lines: [
      [
        'encryption-keys.ts',
        "if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;",
      ],
      ['connection-withdrawal.ts', 'if (changed === undefined) return false;'],
      ['connection-check.ts', "if (before.connection.status !== 'active') return 'dead';"],
      ['connection-check.ts', "if (after.generation !== before.generation) return 'alive';"],
      ['circuit.service.ts', 'if (own === undefined) read.delete(id);'],
      [
        'renewal-attempt.service.ts',
        'return marked && (readConnectionRow(marked).status_reason ?? reason);',
      ],
      ['renewal.scheduler.ts', 'if (this.stopped) return;'],
      ['renewal.scheduler.ts', 'return false;'],
      ['renewal.service.ts', 'continue;'],
      ['revocation.service.ts', 'return;'],
      ['rescue.store.ts', 'continue;'],
      ['rescue.store.ts', 'return false;'],
      ['rescue.store.ts', 'return undefined;'],
      ['delivery.dispatcher.ts', 'if (this.again) this.wake();'],
      ['delivery.dispatcher.ts', 'if (free + RESERVED <= 0) return;'],
      ['installed-connection.store.ts', "if (await this.isStored(installed)) return 'stored';"],
      ['installed-connection.store.ts', 'if (stored) return;'],
      ['reconciliation.service.ts', 'await this.running?.catch(() => undefined);'],
      ['token.service.ts', 'throw failure instanceof FlockError ? failure : this.timedOut(ref);'],
      ['coalesced.ts', 'next ??= running'],
      ['installed-connection.store.ts', 'if (!mayTake(row, installed)) throw ownedElsewhere();'],
      ['connection-withdrawal.ts', 'if (!ended) this.ledger.doubt(id);'],
      ['connection.service.ts', 'if (!ended) {'],
      ['renewal-attempt.service.ts', 'if (!marked) this.cache.drop(row.id);'],
      ['renewal-attempt.service.ts', 'if (reason === undefined) return false;'],
    ],
  },
  {
    why: 'Minutes of trouble, or a server that dies in the middle of its work',
    lines: [
      [
        'database.ts',
        'if (!dialect.isTransient(error) || performance.now() > giveUp) throw error;',
      ],
      ['reconciliation.service.ts', 'pass.keptAt = performance.now();'],
      ['live-session.ts', 'const { connection } = entry ?? {};'],
      ['delivery-connection.ts', 'throw error;'],
      [
        'replace-indexes.ts',
        'for (const { name } of invalid) await runner.query(`DROP INDEX "${name}"`);',
      ],
      ['renewal-sender.ts', 'return may ? this.post(claimed, opened, client) : first;'],
      ['renewal-sender.ts', "if (second.kind !== 'answered') return first;"],
    ],
  },
  {
    why: 'Values that the adapter, the server, the driver or our own code always gives; the types allow that they are missing',
    lines: [
      ['create-table.ts', "const collation = /mariadb/i.test(server?.version ?? '')"],
      ['deployment.ts', "this.id = (store?.id as string | undefined) ?? '';"],
      [
        'deployment.ts',
        "if (ours) this.logger.log(`The store belongs to ${this.known?.name ?? ''} now: work goes on.`);",
      ],
      [
        'attempt-recognition.ts',
        'return repeated((await this.requests.find(row.id)) ?? row, context);',
      ],
      [
        'install.service.ts',
        "const retryAfterSeconds = this.limiter.take(request.ip ?? 'unknown');",
      ],
      [
        'webhook.receiver.ts',
        "const retryAfterSeconds = this.limiter.take(request.ip ?? 'unknown');",
      ],
      ['webhook.controller.ts', 'const { tenant } = request.params ?? {};'],
      ['rescue.service.ts', "const code = (error as NodeJS.ErrnoException).code ?? 'error';"],
      ['rescue.service.ts', "return (error as NodeJS.ErrnoException).code ?? 'error';"],
      [
        'connection.service.ts',
        "const environment = registration.environment ?? app.definition.environments[0] ?? 'default';",
      ],
      [
        'job.store.ts',
        '{ id, claim, delay: Math.round(delayMs), state: JSON.stringify(state ?? null) },',
      ],
      ['installed-connection.store.ts', 'merchant: account.merchant ?? null,'],
      ['installed-connection.store.ts', 'const merchant = installed.account.merchant ?? null;'],
      ['connection-guard.service.ts', "const origin = this.origins.first() ?? 'http://localhost';"],
      [
        'rescue.service.ts',
        "`The rescue file of ${attemptId} cannot be removed (${(error as NodeJS.ErrnoException).code ?? 'error'}), though its tokens are stored.`,",
      ],
      [
        'rescue.service.ts',
        '`The rescued tokens of ${connectionId ?? attemptId} are newer than what the store has of that connection: ` +',
      ],
    ],
  },
  {
    why: 'What the definition of a provider or a host may do, and none of these does',
    lines: [
      [
        'authorization.service.ts',
        'throw new Error(`${app.definition.title} has no authorization endpoint`);',
      ],
      ['renewal.scheduler.ts', 'return undefined;'],
      ['renewal.scheduler.ts', "endpoint: endpoint?.id ?? '',"],
      ['attempt-recognition.ts', 'if (install === undefined || context.query === undefined) {'],
      [
        'registered-app.ts',
        "return `${variablePrefix(provider, name)}${definition.variables[setting]?.env ?? ''}`;",
      ],
    ],
  },
  {
    why: 'Rows that somebody has edited by hand, or that an older release left',
    lines: [
      [
        'cache-entry.factory.ts',
        "return this.unreadable(row, error instanceof UnsealError ? error.reason : 'malformed');",
      ],
      ['token.service.ts', 'if (expires_at === null || refreshed_at === null) return false;'],
      ['job.store.ts', 'return undefined;'],
      ['token-store.service.ts', "? 'removed'"],
      ['to-delivery.ts', 'payload: parseObject(rawBody) ?? {},'],
    ],
  },
  {
    why: 'A second look at whose store it is: whoever calls has looked before',
    lines: [
      ['deployment.ts', "return this.mine ?? (this.ours ? '' : NOBODY);"],
      ['delivery.store.ts', 'if (!this.deployment.isOurs) return [];'],
      ['revocation.service.ts', 'if (!this.deployment.isOurs) return Promise.resolve();'],
    ],
  },
  {
    why: 'Nothing reaches it',
    lines: [
      ['sealer.ts', "if (key === undefined) throw new UnsealError('unknown_key');"],
      ['delivery-handlers.ts', ': undefined;'],
      [
        'code-exchange.ts',
        "const time = response.kind === 'answered' ? Date.parse(response.date ?? '') : NaN;",
      ],
      [
        'install-page.ts',
        "return text.replace(/[&<>\"']/g, (character) => entities[character] ?? '');",
      ],
      [
        'guarded-routes.ts',
        'const known = this.registry.list(provider)[0]?.definition.environments ?? [];',
      ],
      [
        'one-time-token.service.ts',
        'if (request === undefined) throw new Error(`${app.definition.title} obtains no tokens`);',
      ],
      ['lifecycle.handler.ts', "{ provider, app, value: account ?? install ?? '' },"],
      [
        'webhook.controller.ts',
        'const problem = error instanceof FlockError ? error : notStored();',
      ],
      [
        'unit-of-work.ts',
        'if (row !== undefined && follows(statement, row)) after.add(this.onFollowed);',
      ],
    ],
  },
  {
    why: 'Has no test yet, and should: retries of a queue, keys that come for what is in memory, installs beyond 500 or without an end, revocations that fail',
    lines: [
      ['connection.cache.ts', 'if (entry.unreadable) this.drop(entry.connection.id);'],
      [
        'reconciliation.service.ts',
        'const state = { missing, last, ...(after !== undefined && { after }) };',
      ],
      ['reconciliation.service.ts', '...(after !== undefined && { after }),'],
      ['reconciliation.service.ts', 'const share = compared === 0 ? 0 : ended.length / compared;'],
      ['reconciliation.service.ts', 'if (next === after) break;'],
      ['reconciliation.service.ts', "throw new Error('the list of installs does not end');"],
      ['reconciliation.service.ts', 'if (suspects.size >= READS) return { suspects, after };'],
      ['reconciliation.service.ts', 'await this.keep(pass);'],
      [
        'reconciliation.service.ts',
        "return { missing: known, ...(typeof after === 'string' && { after }) };",
      ],
      ['connection-check.ts', "if (!(error instanceof FlockError)) return 'unknown';"],
      [
        'revocation-request.ts',
        'return response.status === 400 && /unsupported_token_type/.test(response.body);',
      ],
      ['revocation.service.ts', "if (app === undefined) return 'none';"],
      ['revocation.service.ts', "return 'none';"],
      [
        'revocation.service.ts',
        "const outcome = app === undefined ? 'failed' : await this.send(app, row);",
      ],
      [
        'revocation.service.ts',
        "if (tokens === undefined || revocation === undefined) return 'unreadable';",
      ],
      ['revocation.service.ts', "return 'failed';"],
      ['revocation.service.ts', "if (response.kind !== 'answered') return 'failed';"],
      ['renewal.service.ts', 'break;'],
      [
        'renewal.service.ts',
        'row.credential === null ? await this.requests.configuredCircuit(app, place) : undefined;',
      ],
      ['renewal.service.ts', 'credential === undefined ? [endpoint] : [endpoint, credential],'],
    ],
  },
];
