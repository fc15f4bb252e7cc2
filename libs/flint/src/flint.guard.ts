import { flint } from './flint.definition.js';

/** `@UseGuards(FlintGuard)`: the request acts for a Flint connection, or is refused. */
export class FlintGuard extends flint.Guard {}
