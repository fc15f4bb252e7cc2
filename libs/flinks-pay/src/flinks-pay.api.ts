import { flinksPay } from './flinks-pay.definition.js';

/**
 * Calls FlinksPay as one connection, with a new token for each call. Sessions are started with
 * `FlinksPayService`: it knows what must not be sent twice.
 */
export class FlinksPayApi extends flinksPay.Api {}
