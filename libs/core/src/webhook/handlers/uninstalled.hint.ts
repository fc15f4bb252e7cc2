import { Injectable } from '@nestjs/common';
import { ConnectionReader } from '../../connection/connection.reader.js';
import { connectionsWhere } from '../../connection/connection-rows.js';
import type { ConnectionRow } from '../../connection/connection.row.js';
import { Database } from '../../foundation/database/database.js';
import type { Delivery } from '../../inbox/delivery.js';
import type { DeliveryHandler } from '../../inbox/delivery-handlers.js';
import { RetryLater } from '../../inbox/retry-later.js';
import { UNINSTALLED, UNINSTALLED_BY_PROVIDER } from '../hint.receiver.js';
import type { HintTask } from '../hint.receiver.js';
import { AMBIGUOUS_MS, ConnectionCheck } from '../../lifecycle/connection-check.js';
import type { CheckResult } from '../../lifecycle/connection-check.js';
import { ConnectionWithdrawal } from '../../lifecycle/connection-withdrawal.js';

const MINUTE = 60_000;
/** A live connection is looked at again so long after the hint, and at its token's end. */
const AGAIN_MS = [MINUTE, 10 * MINUTE];
const UNCLEAR_MS = 6_000;
/** After the token's end, so that it is really over. */
const AFTER_END_MS = 5_000;

/**
 * "The extension was uninstalled", by somebody who may not be the provider. The provider is asked with
 * the stored token; only its definite refusal ends the connection.
 */
@Injectable()
export class UninstalledHint implements DeliveryHandler {
  readonly key = 'nest-flock.uninstalled';
  readonly source = 'task';
  readonly internal = true;

  constructor(
    private readonly database: Database,
    private readonly reader: ConnectionReader,
    private readonly check: ConnectionCheck,
    private readonly withdrawal: ConnectionWithdrawal,
  ) {}

  matches({ type }: { type: string }): boolean {
    return type === UNINSTALLED || type === UNINSTALLED_BY_PROVIDER;
  }

  async run(delivery: Delivery): Promise<void> {
    const { hint } = delivery.payload as unknown as HintTask;
    if (hint.kind !== 'uninstalled') return;
    const verified = delivery.type === UNINSTALLED_BY_PROVIDER;
    const receivedAt = delivery.receivedAt.getTime();
    const rows = await this.concerned(delivery, hint.merchant);
    let next = Infinity;
    for (const row of rows) {
      // Who came back after the hint is not meant by it.
      if (row.installed_at > receivedAt) continue;
      if (verified && receivedAt - row.installed_at > AMBIGUOUS_MS) {
        await this.withdrawal.run(row, 'uninstalled');
        continue;
      }
      const result = await this.check.run(row.id);
      if (result === 'dead') await this.withdrawal.run(row, 'uninstalled');
      else next = Math.min(next, await this.nextLook(row, receivedAt, result));
    }
    if (next !== Infinity) throw new RetryLater(next / 1_000);
  }

  /** Milliseconds until the next look; infinite after the last. */
  private async nextLook(
    row: ConnectionRow,
    receivedAt: number,
    result: CheckResult,
  ): Promise<number> {
    const now = (await this.reader.row(row.id))?.db_now ?? row.db_now;
    // One that was renewed since proves itself: each new one would mean another look, without end.
    const isNew = (row.refreshed_at ?? row.installed_at) > receivedAt;
    const end = row.expires_at === null || isNew ? 0 : row.expires_at + AFTER_END_MS - receivedAt;
    const looks = [...AGAIN_MS, end].sort((one, other) => one - other);
    const next = looks.find((after) => receivedAt + after > now + 1_000);
    const regular = next === undefined ? Infinity : receivedAt + next - now;
    // Without a clear answer nobody waits for a minute at first: a token may be too young to renew.
    const soon = result === 'unknown' && now - receivedAt < MINUTE;
    return soon ? Math.min(regular, UNCLEAR_MS) : regular;
  }

  private concerned({ provider, app }: Delivery, merchant: string): Promise<ConnectionRow[]> {
    return connectionsWhere(
      this.database,
      "merchant = :merchant AND provider = :provider AND app = :app AND status = 'active'",
      { provider, app, merchant },
    );
  }
}
