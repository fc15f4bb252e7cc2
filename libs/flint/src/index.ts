export { FlintModule } from './flint.module.js';
export { FlintGuard } from './flint.guard.js';
export { FlintApi } from './flint.api.js';
export { FlintInstallService } from './flint.install.service.js';
export type { FlintInstallOptions } from './flint.install.service.js';
export type { FlintPreview, FlintPermission } from './flint.preview.js';
