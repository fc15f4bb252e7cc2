export { FlockModule } from './nest/flock.module.js';
export type { FlockAsyncOptions } from './nest/flock.module.js';
export type { FlockOptions } from './nest/flock.options.js';

export { TokenService } from './token/token.service.js';
export type { GetAccessTokenOptions } from './token/token.service.js';

export { ConnectionService } from './lifecycle/connection.service.js';
export type {
  ConnectionFilter,
  ConnectionPage,
  CredentialRegistration,
} from './lifecycle/connection.service.js';
export type { Connection, ConnectionReason, ConnectionStatus } from './provider/connection.js';
export type { ConnectionQuery, ConnectionRef } from './provider/connection-ref.js';

export { ConnectionGuard } from './nest/guard/connection.guard.js';
export { ConnectionGuardService } from './nest/guard/connection-guard.service.js';
export {
  appNameOf,
  CurrentConnection,
  RequireScopes,
  SkipConnection,
  UseApp,
  UseEnvironment,
  UseOfflineAccess,
} from './nest/guard/guard-metadata.js';

export { ProviderApi } from './token/api/provider.api.js';
export { AdministrationClient } from './token/api/administration-client.js';
export { ApiClient } from './token/api/api-client.js';
export { checkReceiverUrl } from './token/api/check-receiver-url.js';
export { ConnectionClient } from './token/api/connection-client.js';
export { ConnectionClients } from './token/api/connection-clients.js';
export type { ApiMethod, ApiRequestOptions, ApiResponse } from './token/api/api-request.js';
export { HiddenSecret } from './token/api/hidden-secret.js';

export { defineProvider } from './nest/define-provider.js';
export type { DefinedProvider } from './nest/define-provider.js';
export type {
  ProviderApiProblem,
  ProviderDefinition,
  Withdrawal,
} from './provider/provider-definition.js';
export type {
  CodeGrant,
  InstallDefinition,
  InstalledAccount,
  InstallPaths,
  InstallRequest,
} from './provider/install-definition.js';
export type {
  ConfiguredAccount,
  ProviderEndpoints,
  ProviderPlace,
} from './provider/provider-place.js';
export type { Renewable, TokenCall } from './provider/token-call.js';
export { CAUTIOUS_PROFILE } from './provider/provider-profile.js';
export type { ProviderProfile } from './provider/provider-profile.js';
export type {
  ProviderModuleAsyncOptions,
  ProviderModuleClass,
  ProviderModuleOptions,
  ProviderModuleShape,
} from './nest/provider-module.js';
export { ProviderRegistry } from './provider/provider.registry.js';
export { DEFAULT_ACCOUNT, RegisteredApp } from './provider/registered-app.js';
export { readIdToken } from './provider/read-id-token.js';
export type { ExpectedIdToken } from './provider/read-id-token.js';
export type { TokenAnswer } from './provider/token-answer.js';
export type { ClientCredential, TokenDialect } from './provider/token-call.js';
export { readOptions } from './foundation/configuration/read-options.js';
export type {
  ConfigurationProblem,
  Environment,
  ReadOptions,
} from './foundation/configuration/read-options.js';
export { variable } from './foundation/configuration/variable.js';
export type {
  OptionsOf,
  Secret,
  SecretResolver,
  Variable,
  Variables,
} from './foundation/configuration/variable.js';

export { InstallService } from './install/install.service.js';
export type {
  InstallHooks,
  InstallIdentity,
  InstallStart,
  InstallTransfer,
  ResolvedConnections,
} from './provider/app-hooks.js';

export { DeliveryService } from './inbox/delivery.service.js';
export type { DeliveryFilter, DeliveryPage, DeliverySummary } from './inbox/delivery.service.js';
export type { DeliveryBacklog } from './foundation/telemetry/delivery-backlog.js';
export type { Delivery, DeliverySource } from './inbox/delivery.js';
export type { DeliveryPolicy } from './inbox/delivery-policy.js';
export type { DeliveryStatus, HandlerState, HandlerStates } from './inbox/delivery.row.js';
export type { ConnectionEvent } from './inbox/delivery.store.js';
export { OnConnection, OnTask, OnWebhook } from './inbox/handler.decorators.js';
export type { OnWebhookOptions } from './inbox/handler.decorators.js';
export { Reconciliation } from './lifecycle/reconciliation/reconciliation.service.js';
export type { ReconcileReport } from './lifecycle/reconciliation/reconciliation.service.js';
export type {
  ReconcileSource,
  RemoteGrant,
  RemoteInstall,
  RemoteStatus,
} from './lifecycle/reconciliation/reconcile-source.js';
export { RetryLater } from './inbox/retry-later.js';
export { TaskService } from './inbox/task.service.js';
export type { Task } from './inbox/task.service.js';
export { STANDARD_WEBHOOKS } from './provider/signature-scheme.js';
export type { SignatureScheme } from './provider/signature-scheme.js';
export { WebhookSecrets } from './webhook/webhook-secrets.service.js';
export type { WebhookSecretOwner } from './webhook/webhook-secrets.service.js';
export type {
  HintRoute,
  LifecycleChange,
  WebhookDefinition,
  WebhookEvent,
  WebhookHint,
} from './provider/webhook-definition.js';

export { Fleet } from './foundation/fleet/fleet.js';
export type { FleetLink } from './foundation/fleet/fleet-link.js';
export type {
  DeliveryEnd,
  DeliveryQueue,
  DeliveryWork,
  QueuedDelivery,
} from './foundation/fleet/delivery-queue.js';
export { LocalSendLimits } from './foundation/fleet/local-send-limits.js';
export type { Booking, SendLimits, SendRoom } from './foundation/fleet/send-limits.js';

export { amountNumber, checkAmount } from './foundation/money/decimal-amount.js';
export { FlockError } from './foundation/errors/flock.error.js';
export type { FlockErrorDetails } from './foundation/errors/flock.error.js';
export { FLOCK_ERRORS } from './foundation/errors/error-codes.js';
export type { FlockErrorCode } from './foundation/errors/error-codes.js';

export type { HttpRequest } from './foundation/http/request.js';
export { TokenTransport } from './foundation/http/token-transport.js';
export type { TokenRequest, TokenResponse } from './foundation/http/token-transport.js';
export type { RefreshPolicy } from './token/endpoint/refresh-policy.js';
export type { EncryptionKey, KeyProvider } from './foundation/sealing/key-ring.js';
export { runFlockCommand } from './nest/commands/run-flock-command.js';
export { AuditService } from './foundation/audit/audit.service.js';
export type { AuditEvent } from './foundation/audit/audit-event.js';
export { FlockHealthIndicator } from './nest/flock.health.js';
export type { FlockHealth } from './nest/flock.health.js';
export { REFRESH_CHANNEL } from './foundation/telemetry/refresh-steps.js';
export type { RefreshStep, RefreshStepMessage } from './foundation/telemetry/refresh-steps.js';
