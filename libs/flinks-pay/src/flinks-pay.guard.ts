import { flinksPay } from './flinks-pay.definition.js';

/** `@UseGuards(FlinksPayGuard)`: the request acts for a FlinksPay account, or is refused. */
export class FlinksPayGuard extends flinksPay.Guard {}
