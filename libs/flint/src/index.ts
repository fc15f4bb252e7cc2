export { FlintApi, FlintGuard, FlintModule } from './flint.module.js';
export { FlintHandle } from './flint.definition.js';
export { FlintInstallService } from './flint.install.service.js';
export type { FlintInstallOptions } from './flint.install.service.js';
export type { FlintPreview, FlintPermission } from './flint.preview.js';
export { OnFlintEvent } from './on-flint-event.decorator.js';
export type {
  FlintEvent,
  FlintEventSource,
  FlintEventType,
  FlintInstallEvent,
} from './flint.event.js';
