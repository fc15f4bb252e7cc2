/** An end and an install that are closer than this do not say which came first. */
export const AMBIGUOUS_MS = 300_000;
