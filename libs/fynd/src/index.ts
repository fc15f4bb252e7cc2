export { FyndModule } from './fynd.module.js';
export { FyndGuard } from './fynd.guard.js';
export { FyndApi } from './fynd.api.js';
export { FyndSession } from './fynd.session.js';
export type { FyndAccount } from './fynd.account.js';
export { FyndProxyGuard } from './proxy/fynd-proxy.guard.js';
export { ProxyCall } from './proxy/proxy-call.js';
export type { FyndProxyCall } from './proxy/proxy-call.js';
export { UseOfflineAccess } from '@nest-flock/core';
