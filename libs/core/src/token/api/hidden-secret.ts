import { inspect } from 'node:util';

const HIDDEN = '[hidden]';

/**
 * A secret that a provider shows once. Printed, logged, joined to a text or made into JSON it stays
 * hidden; only {@link reveal} gives it.
 */
export class HiddenSecret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself: put it where secrets are kept, and nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
