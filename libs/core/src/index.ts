export { FlockModule } from './flock.module.js';
export type { FlockAsyncOptions } from './flock.module.js';
export type { FlockOptions } from './flock.options.js';

export { TokenService } from './tokens/token.service.js';
export type { GetAccessTokenOptions } from './tokens/token.service.js';

export { ConnectionService } from './connections/connection.service.js';
export type {
  ConnectionFilter,
  ConnectionPage,
  CredentialRegistration,
} from './connections/connection.service.js';
export type { Connection, ConnectionReason, ConnectionStatus } from './connections/connection.js';
export type { ConnectionQuery, ConnectionRef } from './connections/connection-ref.js';

export { ConnectionGuard } from './guards/connection.guard.js';
export { ConnectionGuardService } from './guards/connection-guard.service.js';
export {
  appNameOf,
  CurrentConnection,
  RequireScopes,
  SkipConnection,
  UseApp,
  UseEnvironment,
  UseOfflineAccess,
} from './guards/guard-metadata.js';

export { ProviderApi } from './api/provider.api.js';
export { AdministrationClient } from './api/administration-client.js';
export { ApiClient } from './api/api-client.js';
export { checkReceiverUrl } from './api/check-receiver-url.js';
export { ConnectionClient } from './api/connection-client.js';
export { ConnectionClients } from './api/connection-clients.js';
export type { ApiMethod, ApiRequestOptions, ApiResponse } from './api/api-request.js';
export { HiddenSecret } from './api/hidden-secret.js';

export { defineProvider } from './providers/define-provider.js';
export type { DefinedProvider } from './providers/define-provider.js';
export type {
  CodeGrant,
  ConfiguredAccount,
  InstallDefinition,
  InstalledAccount,
  InstallPaths,
  InstallRequest,
  ProviderApiProblem,
  ProviderDefinition,
  ProviderEndpoints,
  ProviderPlace,
  Renewable,
  TokenCall,
  Withdrawal,
} from './providers/provider-definition.js';
export { CAUTIOUS_PROFILE } from './providers/provider-profile.js';
export type { ProviderProfile } from './providers/provider-profile.js';
export type {
  ProviderModuleAsyncOptions,
  ProviderModuleClass,
  ProviderModuleOptions,
  ProviderModuleShape,
} from './providers/provider-module.js';
export { ProviderRegistry } from './providers/provider.registry.js';
export { DEFAULT_ACCOUNT, RegisteredApp } from './providers/registered-app.js';
export { readIdToken } from './providers/read-id-token.js';
export type { ExpectedIdToken } from './providers/read-id-token.js';
export type { TokenAnswer } from './providers/token-answer.js';
export type { ClientCredential, TokenDialect } from './providers/token-request.js';
export { readOptions } from './configuration/read-options.js';
export type {
  ConfigurationProblem,
  Environment,
  ReadOptions,
} from './configuration/read-options.js';
export { variable } from './configuration/variable.js';
export type {
  OptionsOf,
  Secret,
  SecretResolver,
  Variable,
  Variables,
} from './configuration/variable.js';

export { InstallService } from './install/install.service.js';
export type {
  InstallHooks,
  InstallIdentity,
  InstallStart,
  InstallTransfer,
  ResolvedConnections,
} from './install/install-hooks.js';

export { DeliveryService } from './deliveries/delivery.service.js';
export type {
  DeliveryBacklog,
  DeliveryFilter,
  DeliveryPage,
  DeliverySummary,
} from './deliveries/delivery.service.js';
export type { Delivery, DeliverySource } from './deliveries/delivery.js';
export type { DeliveryPolicy } from './deliveries/delivery-policy.js';
export type { DeliveryStatus, HandlerState, HandlerStates } from './deliveries/delivery.row.js';
export type { ConnectionEvent } from './deliveries/delivery.store.js';
export { OnConnection, OnTask, OnWebhook } from './deliveries/handler.decorators.js';
export type { OnWebhookOptions } from './deliveries/handler.decorators.js';
export { Reconciliation } from './reconciliation/reconciliation.service.js';
export type { ReconcileReport } from './reconciliation/reconciliation.service.js';
export type {
  ReconcileSource,
  RemoteGrant,
  RemoteInstall,
  RemoteStatus,
} from './reconciliation/reconcile-source.js';
export { RetryLater } from './deliveries/retry-later.js';
export { TaskService } from './deliveries/task.service.js';
export type { Task } from './deliveries/task.service.js';
export { STANDARD_WEBHOOKS } from './webhooks/signature-scheme.js';
export type { SignatureScheme } from './webhooks/signature-scheme.js';
export { WebhookSecrets } from './webhooks/webhook-secrets.service.js';
export type { WebhookSecretOwner } from './webhooks/webhook-secrets.service.js';
export type {
  HintRoute,
  LifecycleChange,
  WebhookDefinition,
  WebhookEvent,
  WebhookHint,
} from './webhooks/webhook-definition.js';

export { Fleet } from './fleet/fleet.js';
export type { FleetLink } from './fleet/fleet-link.js';
export type {
  DeliveryEnd,
  DeliveryQueue,
  DeliveryWork,
  QueuedDelivery,
} from './fleet/delivery-queue.js';
export { LocalSendLimits } from './fleet/local-send-limits.js';
export type { Booking, SendLimits, SendRoom } from './fleet/send-limits.js';

export { amountNumber, checkAmount } from './money/decimal-amount.js';
export { FlockError } from './errors/flock.error.js';
export type { FlockErrorDetails } from './errors/flock.error.js';
export { FLOCK_ERRORS } from './errors/error-codes.js';
export type { FlockErrorCode } from './errors/error-codes.js';

export type { HttpRequest } from './http/request.js';
export { TokenTransport } from './http/token-transport.js';
export type { TokenRequest, TokenResponse } from './http/token-transport.js';
export type { RefreshPolicy } from './refresh/refresh-policy.js';
export type { EncryptionKey, KeyProvider } from './sealing/key-ring.js';
export { runFlockCommand } from './commands/run-flock-command.js';
export { AuditService } from './audit/audit.service.js';
export type { AuditEvent } from './audit/audit-event.js';
export { FlockHealthIndicator } from './telemetry/flock.health.js';
export type { FlockHealth } from './telemetry/flock.health.js';
export { REFRESH_CHANNEL } from './telemetry/refresh-steps.js';
export type { RefreshStep, RefreshStepMessage } from './telemetry/refresh-steps.js';
