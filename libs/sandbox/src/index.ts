export { Sandbox } from './sandbox.js';
export type { SandboxOptions } from './sandbox.options.js';
export { SandboxModule } from './sandbox.module.js';
export { SandboxError } from './sandbox-error.js';
export { InputError } from './server/input-error.js';
export type { Fault, FaultKind } from './faults/fault.js';
export {
  OPERATIONS,
  type FaultHandle,
  type FaultRule,
  type FaultTarget,
  type Operation,
} from './faults/fault-rule.js';
export { FaultList } from './faults/fault-list.js';
export type { ApiCall } from './inspection/api-call.js';
export type { TokenAudit } from './inspection/token-audit.js';
export type { TokenCall, TokenCallOutcome } from './inspection/token-call.js';
export type { Violation } from './inspection/violation.js';
export { fingerprint } from './inspection/fingerprint.js';
export { FlintSandbox } from './flint/flint-sandbox.js';
export type {
  FlintApproval,
  FlintIssue,
  FlintSandboxOptions,
} from './flint/flint-sandbox.options.js';
export type { FlintSettings, RotationGrace } from './flint/flint-settings.js';
export type { FlintApp, FlintAppRegistration, FlintPermission } from './flint/flint-app.js';
export type { FlintEnvironment, FlintMerchant, FlintMode } from './flint/flint-merchant.js';
export type { FlintEnvironmentGrant, FlintInstall } from './flint/flint-install.js';
export type { FlintTokenAnswer } from './flint/flint-token-answer.js';
export type { TokenCall as FlintTokenCall } from './inspection/token-call.js';
