/** A server that lives but is not, or not yet, the one to write to: its address may lead elsewhere now. */
export const isReplaced = (error: unknown): boolean =>
  error instanceof Error && /^(READONLY|MASTERDOWN|LOADING)\b/.test(error.message);
