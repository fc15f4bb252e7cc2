import type { FlintTokenAnswer } from '@nest-flock/sandbox';
import { InstalledConnectionStore } from '../../libs/core/src/install/installed-connection.store.js';
import type { Suite } from './suite.js';

/** Makes connections of grants without a browser; what the install flow stores, stored by its own store. */
export async function seedConnections(
  suite: Suite,
  grants: readonly FlintTokenAnswer[],
  attemptIds: readonly string[],
): Promise<string[]> {
  const store = suite.host.app.get(InstalledConnectionStore);
  const ids: string[] = [];
  for (const [index, grant] of grants.entries()) {
    const { connection } = await store.store({
      attemptId: attemptIds[index] as string,
      provider: 'flint',
      app: 'flint',
      account: {
        account: grant.environment_grant_id,
        environment: grant.mode,
        merchant: grant.merchant_id,
        install: grant.partner_app_install_id,
      },
      actor: 'test',
      tokens: { accessToken: grant.access_token, refreshToken: grant.refresh_token },
      scopes: grant.scope,
      expiresAt: Date.now() + 3_600_000,
      dueAt: null,
      transferFrom: [],
    });
    ids.push(connection.id);
  }
  return ids;
}
