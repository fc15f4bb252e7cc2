/** Flute's environments; a token of one is worth nothing in the other (Authorization page). */
export const FLUTE_ENVIRONMENTS = ['sandbox', 'production'] as const;
export type FluteEnvironment = (typeof FLUTE_ENVIRONMENTS)[number];
