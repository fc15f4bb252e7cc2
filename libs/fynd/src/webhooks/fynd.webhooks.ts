import { Injectable } from '@nestjs/common';
import { FlockError } from '@nest-flock/core';
import { urlPath } from '@nest-flock/core/provider';
import type { Connection } from '@nest-flock/core';
import { readAccount } from '../fynd.account.js';
import { FyndHandle } from '../fynd.definition.js';
import { checkInput } from './fynd.webhook-input.js';
import type { FyndWebhookInput } from './fynd.webhook-input.js';
import { differenceOf, isEmpty } from './subscriber-difference.js';
import type { SubscriberDifference } from './subscriber-difference.js';
import { readSubscribers } from './subscriber.js';
import { writeSubscriber } from './write-subscriber.js';
import type { SubscriberVersion } from './write-subscriber.js';

/** What a synchronisation did. */
export interface FyndWebhookSync extends SubscriberDifference {
  /** `false`: everything was as it should be, and nothing was written. */
  readonly changed: boolean;
  /** The company had no subscriber of the extension before. */
  readonly created: boolean;
  /** The version of Fynd's route that was written to. */
  readonly version?: SubscriberVersion;
}

/** The webhook subscriber of an extension in a company. */
@Injectable()
export class FyndWebhooks {
  constructor(private readonly fynd: FyndHandle) {}

  /**
   * Makes the subscriber what it should be: reads it, compares, and writes only where something
   * differs. Deliveries are signed with the extension's API secret, as the official libraries have it.
   *
   * May be repeated. Two at once with different inputs overwrite each other, as everywhere on this
   * API.
   *
   * @param connection whose token is used; the company's own lasts, a user's ends with the session
   * @throws FlockError `invalid_request` that names the field, before anything is sent, or an event
   * that Fynd does not know; `provider_unavailable` for an answer that is no list; and everything that
   * a call throws
   */
  async sync(connection: Connection, wanted: FyndWebhookInput): Promise<FyndWebhookSync> {
    checkInput(wanted);
    const client = this.fynd.clients.for(connection, 'fynd');
    const app = this.fynd.app(connection.app);
    const { id: apiKey, secret: apiSecret } = await app.credential(app.place(connection));
    const { companyId } = readAccount(connection.account);
    const extension = { companyId, apiKey, apiSecret };

    const path = urlPath`/service/platform/webhook/v1.0/company/${companyId}/extension/${apiKey}/subscriber`;
    const subscribers = readSubscribers((await client.get(path)).data);
    if (subscribers === undefined) {
      throw new FlockError(
        'provider_unavailable',
        'Fynd answered the webhook subscribers in an unknown shape.',
      );
    }
    // Where Fynd lists several, the official library goes by the last one.
    const now = subscribers.findLast(({ provider }) => provider === 'rest');
    const difference = differenceOf(now, wanted, apiSecret);
    const created = now === undefined;
    if (!created && isEmpty(difference)) return { ...difference, changed: false, created };
    const alone = subscribers.every(({ provider }) => provider === 'rest');
    const version = await writeSubscriber(client, extension, wanted, now, alone);
    return { ...difference, changed: true, created, version };
  }
}
