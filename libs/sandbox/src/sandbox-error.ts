/** The sandbox was asked for something it cannot or will not do. The message says what and why. */
export class SandboxError extends Error {
  override readonly name: string = 'SandboxError';
}
