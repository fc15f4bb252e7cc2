import { fynd } from './fynd.definition.js';

/**
 * Calls Fynd as one connection, with paths from the host on, which name the company:
 * `fynd.for(connection).get('/service/platform/configuration/v1.0/company/1/application')`.
 */
export class FyndApi extends fynd.Api {}
