/** One line of the audit trail. Every field is an id or a code; none is ever a secret. */
export interface AuditEvent {
  /** `merchant`, `host`, `operator`, `scheduler`, `request` or the id of the acting user. */
  readonly actor: string;
  readonly action:
    | 'install'
    | 'launch'
    | 'revoke'
    | 'register'
    | 'transfer'
    | 'disconnect'
    | 'supersede'
    | 'renewal'
    | 'rescue'
    | 'credential'
    | 'endpoint'
    | 'unseal'
    | 'session'
    | 'uninstall'
    | 'scopes'
    | 'reconcile'
    | 'webhook_secret'
    | 'delivery'
    | 'deployment'
    | 'reseal';
  readonly outcome: string;
  readonly reason?: string;
  readonly provider?: string;
  readonly app?: string;
  readonly environment?: string;
  readonly connectionId?: string;
  readonly owner?: string;
  readonly attemptId?: string;
}
