import type { SealPlace } from '../foundation/sealing/sealer.js';

export const tokenSetPlace = (id: string): SealPlace => ({
  table: 'flock_connection',
  row: id,
  column: 'token_set',
});

export const credentialPlace = (id: string): SealPlace => ({
  table: 'flock_connection',
  row: id,
  column: 'credential',
});
