import { SandboxError } from '../sandbox-error.js';

/** A value that was handed to the sandbox is not what it needs; names the field and what was expected. */
export class InputError extends SandboxError {
  override readonly name = 'InputError';

  constructor(
    /** Path of the field, e.g. `fault.ms`. */
    readonly field: string,
    /** What would have been accepted, in words. */
    readonly expected: string,
  ) {
    super(`${field}: expected ${expected}`);
  }
}
