/**
 * Thrown by a handler that is not done and has not failed: it is called again in `seconds`, and the
 * call does not count against the number of retries.
 */
export class RetryLater extends Error {
  constructor(readonly seconds: number) {
    super(`to be called again in ${seconds} s`);
    this.name = 'RetryLater';
  }
}
