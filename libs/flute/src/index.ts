export { FluteModule } from './flute.module.js';
export { FluteGuard } from './flute.guard.js';
export { FluteApi } from './flute.api.js';
export type { FlutePagesOptions } from './flute.pages.js';
export { declineOf } from './flute.decline.js';
export type { FluteDecline } from './flute.decline.js';
export type { FluteEnvironment } from './flute.environments.js';
