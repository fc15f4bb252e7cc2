interface ErrorKind {
  /** HTTP status when the error reaches a response. */
  status: number;
  title: string;
  retryable: boolean;
}

const kind = (status: number, title: string, retryable = false): ErrorKind => ({
  status,
  title,
  retryable,
});

/** Every error code, its HTTP status and whether waiting helps. */
export const FLOCK_ERRORS = {
  not_connected: kind(401, 'Not connected'),
  connection_ambiguous: kind(409, 'Several connections match'),
  connection_owned_elsewhere: kind(403, 'The account belongs to another owner'),
  reauthorization_required: kind(401, 'The merchant must reconnect'),
  connection_revoked: kind(401, 'The connection was withdrawn'),
  connection_unreadable: kind(503, 'The stored tokens cannot be opened'),
  insufficient_scope: kind(403, 'Missing scopes'),
  provider_unavailable: kind(503, 'The provider cannot be used right now', true),
  provider_rate_limited: kind(429, 'The provider asks to slow down', true),
  provider_refused: kind(502, 'The provider refused the request'),
  outcome_unknown: kind(502, 'Nobody knows whether it was carried out'),
  invalid_amount: kind(400, 'The amount is not valid'),
  invalid_request: kind(400, 'The request is not valid'),
  app_credentials_rejected: kind(503, 'The provider rejects the credentials of this app'),
  ip_not_allowed: kind(503, 'The provider does not accept this address'),
  renewal_timeout: kind(503, 'The token could not be renewed in time', true),
  unknown_provider: kind(500, 'No such provider or app'),
  cross_site_request: kind(403, 'Cross-site request'),
  too_many_requests: kind(429, 'Too many requests', true),
  install_refused: kind(403, 'The install was refused'),
  install_denied: kind(403, 'The merchant declined'),
  install_failed: kind(502, 'The install could not be finished', true),
  install_invalid_request: kind(400, 'The install link is not valid'),
  state_unrecognised: kind(400, 'This install link cannot be used here'),
  cookies_blocked: kind(400, 'The browser keeps no cookies here'),
  state_other_user: kind(403, 'Started by another user'),
  state_expired: kind(400, 'The install took too long'),
  state_reused: kind(409, 'This install was already finished'),
  callback_invalid: kind(400, 'The answer of the provider is not valid'),
  signature_missing: kind(401, 'The signature is missing'),
  signature_expired: kind(400, 'The signature is too old'),
  signature_invalid: kind(403, 'The signature is not valid'),
  raw_body_missing: kind(500, 'The raw body is missing'),
  webhook_raw_body_missing: kind(500, 'The raw body of a webhook is missing'),
  webhook_malformed: kind(400, 'The webhook is malformed'),
  webhook_unsigned: kind(400, 'The webhook carries no signature'),
  webhook_signature_invalid: kind(401, 'The signature of the webhook is not valid'),
  webhook_timestamp_refused: kind(401, 'The webhook is too old, or from the future'),
  webhook_too_large: kind(413, 'The webhook is too large'),
  webhook_secret_missing: kind(503, 'No secret of this webhook is known', true),
  webhook_not_stored: kind(503, 'The webhook could not be stored', true),
  delivery_unknown: kind(404, 'No such delivery'),
  store_not_adopted: kind(503, 'The store belongs to another deployment'),
  configuration_invalid: kind(500, 'The configuration is not valid'),
} as const satisfies Record<string, ErrorKind>;

export type FlockErrorCode = keyof typeof FLOCK_ERRORS;
