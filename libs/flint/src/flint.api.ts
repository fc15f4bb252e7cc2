import { flint } from './flint.definition.js';

/** Calls Flint as one connection: `flintApi.for(connection).get('/v1/orders')`. */
export class FlintApi extends flint.Api {}
