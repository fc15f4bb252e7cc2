import { fynd } from './fynd.definition.js';

/**
 * `@UseGuards(FyndGuard)`: the request acts for the user who launched the extension, with that user's
 * rights. `@UseOfflineAccess()` lets a route act with the company's own token instead.
 */
export class FyndGuard extends fynd.Guard {}
