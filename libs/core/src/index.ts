/** `@nest-flock/core`: for hosts. Authors of providers and of fleets have doors of their own. */
export { FlockModule } from './nest/flock.module.js';
export type { FlockAsyncOptions } from './nest/flock.module.js';
export type { FlockOptions } from './nest/flock.options.js';
export type { RenewalPolicy } from './token/endpoint/renewal-policy.js';
export type { DeliveryPolicy } from './inbox/delivery-policy.js';
export type { EncryptionKey, KeyProvider } from './foundation/sealing/key-ring.js';
export type {
  InstallHooks,
  InstallIdentity,
  InstallStart,
  InstallTransfer,
  ResolvedConnections,
} from './provider/app-hooks.js';
export type { HttpRequest } from './foundation/http/request.js';

export {
  CurrentConnection,
  RequireScopes,
  SkipConnection,
  UseApp,
  UseEnvironment,
  UseOfflineAccess,
} from './nest/guard/guard-metadata.js';

export { ConnectionService } from './lifecycle/connection.service.js';
export type {
  ConnectionFilter,
  ConnectionPage,
  CredentialRegistration,
} from './lifecycle/connection.service.js';
export type { Connection, ConnectionReason, ConnectionStatus } from './provider/connection.js';
export type { ConnectionQuery, ConnectionRef } from './provider/connection-ref.js';

export { TokenService } from './token/token.service.js';
export type { GetAccessTokenOptions } from './token/token.service.js';
export { ConnectionClient } from './token/api/connection-client.js';
export type { ApiMethod, ApiRequestOptions, ApiResponse } from './token/api/api-request.js';
export { HiddenSecret } from './token/api/hidden-secret.js';
export { InstallService } from './install/install.service.js';

export { OnConnection, OnTask, OnWebhook } from './inbox/handler.decorators.js';
export type { OnWebhookOptions } from './inbox/handler.decorators.js';
export type { Delivery, DeliverySource } from './inbox/delivery.js';
export type { ConnectionEvent } from './inbox/delivery.store.js';
export { RetryLater } from './inbox/retry-later.js';
export { TaskService } from './inbox/task.service.js';
export type { Task } from './inbox/task.service.js';
export { DeliveryService } from './inbox/delivery.service.js';
export type { DeliveryFilter, DeliveryPage, DeliverySummary } from './inbox/delivery.service.js';
export type { DeliveryStatus, HandlerState, HandlerStates } from './inbox/delivery.row.js';
export { WebhookSecrets } from './webhook/webhook-secrets.service.js';
export type { WebhookSecretOwner } from './webhook/webhook-secrets.service.js';

export { FlockError } from './foundation/errors/flock.error.js';
export type { FlockErrorDetails } from './foundation/errors/flock.error.js';
export { FLOCK_ERRORS } from './foundation/errors/error-codes.js';
export type { FlockErrorCode } from './foundation/errors/error-codes.js';

export { runFlockCommand } from './nest/commands/run-flock-command.js';
export { FlockHealthIndicator } from './nest/flock.health.js';
export type { FlockHealth } from './nest/flock.health.js';
export type { DeliveryBacklog } from './foundation/telemetry/flock.metrics.js';
export { AuditService } from './foundation/audit/audit.service.js';
export type { AuditEvent } from './foundation/audit/audit-event.js';
export { RENEWAL_CHANNEL } from './foundation/telemetry/renewal-steps.js';
export type { RenewalStep, RenewalStepMessage } from './foundation/telemetry/renewal-steps.js';
export { TokenTransport } from './foundation/http/token-transport.js';
export type { TokenRequest, TokenResponse } from './foundation/http/token-transport.js';
