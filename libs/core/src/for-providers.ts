/** `@nest-flock/core/provider`: for who writes a provider, in a library or in an app. */
export { defineProvider } from './nest/define-provider.js';
export type { DefinedProvider } from './nest/define-provider.js';
export { secretNotStored } from './nest/provider-handle.js';
export type { ProviderHandle } from './nest/provider-handle.js';
export type {
  ProviderModuleAsyncOptions,
  ProviderModuleClass,
  ProviderModuleOptions,
  ProviderModuleShape,
} from './nest/provider-module.js';
export type {
  ProviderApiProblem,
  ProviderDefinition,
  Withdrawal,
} from './provider/provider-definition.js';
export type { WrittenDefinition } from './provider/written-definition.js';

export { variable } from './foundation/configuration/variable.js';
export type {
  OptionsOf,
  Secret,
  SecretResolver,
  Variable,
  Variables,
} from './foundation/configuration/variable.js';

export { CAUTIOUS_PROFILE } from './provider/provider-profile.js';
export type { ProviderProfile } from './provider/provider-profile.js';
export type {
  ConfiguredAccount,
  EndpointPaths,
  ProviderEndpoints,
  ProviderPlace,
} from './provider/provider-place.js';
export type {
  ClientCredential,
  Renewable,
  TokenCall,
  TokenDialect,
} from './provider/token-call.js';
export type { TokenAnswer } from './provider/token-answer.js';
export { readIdToken } from './provider/read-id-token.js';
export type { ExpectedIdToken } from './provider/read-id-token.js';
export type {
  AnsweredAccount,
  AnsweredGrant,
  CodeGrant,
  InstallDefinition,
  InstallPaths,
  InstallRequest,
} from './provider/install-definition.js';

export { InstallLink } from './provider/install-link.js';

export { STANDARD_WEBHOOKS } from './provider/signature-scheme.js';
export type { SignatureScheme } from './provider/signature-scheme.js';
export type {
  HintRoute,
  LifecycleChange,
  WebhookDefinition,
  WebhookEvent,
  WebhookHint,
  WebhookOrigin,
} from './provider/webhook-definition.js';

export { ProviderRegistry } from './provider/provider.registry.js';
export { DEFAULT_ACCOUNT, RegisteredApp } from './provider/registered-app.js';

export { ConnectionGuard } from './nest/guard/connection.guard.js';
export { ConnectionGuardService } from './nest/guard/connection-guard.service.js';
export { appNameOf } from './nest/guard/guard-metadata.js';
export { AdministrationClient } from './token/api/administration-client.js';
export { ApiClient } from './token/api/api-client.js';
export { ConnectionClients } from './token/api/connection-clients.js';
export { ProviderApi } from './token/api/provider.api.js';

export { Reconciliation } from './lifecycle/reconciliation/reconciliation.service.js';
export type { ReconcileReport } from './lifecycle/reconciliation/reconciliation.service.js';
export type {
  ReconcileSource,
  RemoteGrant,
  RemoteInstall,
  RemoteStatus,
} from './lifecycle/reconciliation/reconcile-source.js';

export {
  anyTextOf,
  identifierOf,
  isBaseUrl,
  isText,
  LONGEST_ID,
  pathIdOf,
  textOf,
  textsOf,
} from './provider/read-json.js';
export { membersOf, parseObject } from './foundation/http/parse-object.js';
export type { Members } from './foundation/http/parse-object.js';
export { withoutSlash } from './foundation/configuration/variable.js';
export { urlPath } from './provider/url-path.js';
export { withoutUndefined } from './provider/read-json.js';
export { checkPathId, invalidField } from './provider/invalid-field.js';
export { FOR_GOOD } from './webhook/webhook-secrets.service.js';
export { checkReceiverUrl } from './token/api/check-receiver-url.js';
export { amountNumber, checkAmount } from './foundation/money/decimal-amount.js';
