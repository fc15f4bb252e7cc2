import { flute } from './flute.definition.js';

/** `@UseGuards(FluteGuard)`: the request acts for a Flute account, or is refused. */
export class FluteGuard extends flute.Guard {}
