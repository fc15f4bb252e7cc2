// Webhooks that come all the time, some of them more than once.
import { setTimeout as wait } from 'node:timers/promises';
import { Provider } from '../ingest/provider.mjs';

const SENDERS = 3;
const SENT_AGAIN = 0.1;
/** How long a handler takes, at most. */
const TAKES_MS = 40;

export class Webhooks {
  answered = new Set();
  copies = 0;
  #over = false;
  #next = 0;

  constructor(world, random) {
    Object.assign(this, { world, random });
    this.provider = new Provider(world.webhookSecret);
  }

  async run() {
    const [least, most] = this.world.size.webhookMs;
    const sender = async () => {
      while (!this.#over) {
        const event = {
          id: `msg_${(this.#next += 1)}`,
          takesMs: Math.round(this.random() * TAKES_MS),
        };
        await this.#deliver(event);
        this.answered.add(event.id);
        if (this.random() < SENT_AGAIN) {
          this.copies += 1;
          await this.#deliver(event);
        }
        await wait(least + this.random() * (most - least));
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
  }

  end() {
    this.#over = true;
  }

  close() {
    return this.provider.close();
  }

  #deliver(event) {
    return this.provider.deliver(event, () => {
      const living = this.world.living();
      return living[Math.floor(this.random() * living.length)]?.url;
    });
  }
}
