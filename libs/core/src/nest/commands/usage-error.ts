/** The command line cannot be used: exit code 2, and how it is written. */
export class UsageError extends Error {}
