// A provider that sends webhooks: signed, and again until they are answered with 2xx.
import { setTimeout as wait } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { Agent } from 'undici';

const PAUSE_MS = 40;

export class Provider {
  /** Answers other than 2xx, and connections that ended without one. */
  refused = {};
  #agent = new Agent({ headersTimeout: 15_000, bodyTimeout: 15_000 });
  #webhook;

  constructor(secret) {
    this.#webhook = new Webhook(secret);
  }

  /** Signed now. The copies of an event have one id. */
  sign({ id, takesMs = 0 }) {
    const at = new Date();
    const body = JSON.stringify({
      webhook_event_id: id,
      event_type: 'order.paid',
      created_at: at.toISOString(),
      merchant_id: 'mer_maple',
      mode: 'live',
      data: { order: `ord_${id}`, takesMs, note: 'x'.repeat(400) },
    });
    return {
      method: 'POST',
      path: '/flint/webhooks',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': this.#webhook.sign(id, at, body),
      },
      body,
    };
  }

  /** The status, once. */
  async post(url, message) {
    const { statusCode, body } = await this.#agent.request({ origin: url, ...message });
    await body.dump();
    return statusCode;
  }

  /** Sends it to one that lives until it is taken; each time signed anew, as a provider does. */
  async deliver(event, choose, patienceMs = 60_000) {
    const giveUp = performance.now() + patienceMs;
    for (;;) {
      const url = choose();
      if (url !== undefined) {
        const outcome = await this.post(url, this.sign(event)).catch(
          ({ code }) => code ?? 'no answer',
        );
        if (outcome >= 200 && outcome < 300) return;
        this.refused[outcome] = (this.refused[outcome] ?? 0) + 1;
      }
      if (performance.now() > giveUp) throw new Error(`${event.id} was never taken`);
      await wait(PAUSE_MS);
    }
  }

  close() {
    return this.#agent.destroy();
  }
}
