export { Sandbox } from './sandbox.js';
export { SANDBOX_PROVIDERS } from './sandbox.options.js';
export type { SandboxOptions, SandboxProvider } from './sandbox.options.js';
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
export {
  LIFECYCLE_EVENTS as FLINT_LIFECYCLE_EVENTS,
  type FlintLifecycleEvent,
  type FlintMerchantEvent,
  type FlintWebhook,
  type FlintWebhookRegistration,
  type FlintWebhookSource,
} from './flint/flint-webhook.js';
export type {
  FlinksPayWebhook,
  FlinksPayWebhookForm,
  FlinksPayWebhookRegistration,
} from './flinks-pay/flinks-pay-webhook.js';
export type { FluteEvent, FluteWebhook, FluteWebhookRegistration } from './flute/flute-webhook.js';
export type {
  FyndEvent,
  FyndEventName,
  FyndLifecycleHow,
  FyndSubscriber,
  FyndUninstallHow,
} from './fynd/fynd-webhook.js';
export type {
  WebhookAttempt,
  WebhookDelivery,
  WebhookDeliveryStatus,
} from './webhooks/webhook-delivery.js';
export type { WebhookEvent } from './webhooks/webhook-event.js';
export type { WebhookTarget } from './webhooks/webhook-form.js';
export type { WebhookHow, WebhookSign } from './webhooks/webhook-how.js';
export { WebhookSender, type BurstItem, type ReleaseOptions } from './webhooks/webhook-sender.js';
export type { WebhookSettings } from './webhooks/webhook-settings.js';
export type { FlintTokenAnswer } from './flint/flint-token-answer.js';
export type { TokenCall as FlintTokenCall } from './inspection/token-call.js';
export { FlinksPaySandbox } from './flinks-pay/flinks-pay-sandbox.js';
export type { FlinksPaySettings } from './flinks-pay/flinks-pay-settings.js';
export { FyndSandbox } from './fynd/fynd-sandbox.js';
export type { FyndSettings } from './fynd/fynd-settings.js';
export { FluteSandbox } from './flute/flute-sandbox.js';
export type { FluteSettings } from './flute/flute-settings.js';
export { FlexPaySandbox } from './flex-pay/flex-pay-sandbox.js';
export type { FlexPaySettings } from './flex-pay/flex-pay-settings.js';
export type {
  FlinksPayCustomerRegistration,
  FlinksPaySandboxOptions,
} from './flinks-pay/flinks-pay-sandbox.options.js';
export type { FlinksPayCustomer } from './flinks-pay/flinks-pay-customer.js';
export type { FlinksPaySession } from './flinks-pay/flinks-pay-session.js';
export type { FluteSandboxOptions } from './flute/flute-sandbox.options.js';
export type { FluteKey, FluteKeyRegistration } from './flute/flute-key.js';
export { FLUTE_ENVIRONMENTS, type FluteEnvironment } from './flute/flute-environment.js';
export type {
  FlexPayClient,
  FlexPayClientRegistration,
  FlexPayEnvironment,
} from './flex-pay/flex-pay-client.js';
export type { FlexPaySandboxOptions } from './flex-pay/flex-pay-sandbox.options.js';
export type { FlexPayCardValues } from './flex-pay/flex-pay-settings.js';
export type {
  FyndApproval,
  FyndOfflineIssue,
  FyndSandboxOptions,
} from './fynd/fynd-sandbox.options.js';
export type { FyndOfflineIssued } from './fynd/issue-offline.js';
export type {
  FyndOfflineAnswer,
  FyndOnlineAnswer,
  FyndTokenAnswer,
} from './fynd/fynd-token-answer.js';
export type { FyndEncoding, FyndGrace } from './fynd/fynd-settings.js';
export type { FyndCompany, FyndUser } from './fynd/fynd-company.js';
export type { FyndExtension, FyndExtensionRegistration } from './fynd/fynd-extension.js';
export type { FyndProxyRequest } from './fynd/proxy-request.js';
