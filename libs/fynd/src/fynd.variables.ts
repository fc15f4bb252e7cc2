import { variable } from '@nest-flock/core/provider';
import type { OptionsOf } from '@nest-flock/core/provider';

export const FYND_VARIABLES = {
  clientId: variable.text({
    env: 'CLIENT_ID',
    expected: 'the API key of your extension',
    where: 'from Client Credentials in the Extension Overview of Fynd Partners',
  }),
  clientSecret: variable.secret({
    env: 'CLIENT_SECRET',
    expected: 'the API secret of your extension',
    where: 'from Client Credentials in the Extension Overview of Fynd Partners',
  }),
  /** The Extension URL as it is registered; launches come to `/fp/install` below it. */
  extensionUrl: variable.baseUrl({
    env: 'EXTENSION_URL',
    expected: 'the Extension URL registered with the extension, such as https://ext.example',
    where: 'from the Extension Overview of Fynd Partners',
  }),
  scopes: variable.list({
    env: 'SCOPES',
    expected: 'scopes separated by commas, such as company/saleschannel',
    where: 'some of those that the extension is registered with',
  }),
  /** What a launch obtains: the user's rights, the company's, or both. */
  accessModes: variable.list({
    env: 'ACCESS_MODES',
    expected: 'online, offline, or both',
    default: ['online', 'offline'],
  }),
  baseUrl: variable.baseUrl({ env: 'BASE_URL', default: 'https://api.fynd.com' }),
  /** Clusters that a launch may name; unset means that of `baseUrl`. Never called. */
  clusterUrls: variable.optionalList({ env: 'CLUSTER_URLS', expected: 'URLs of clusters' }),
  /** Origins of the panel, whose frames show the extension. */
  panelOrigins: variable.list({
    env: 'PANEL_ORIGINS',
    expected: 'origins such as https://platform.fynd.com',
    default: ['https://platform.fynd.com', 'https://partners.fynd.com'],
  }),
  /** Where a launch ends, below the Extension URL. */
  extensionPage: variable.text({
    env: 'EXTENSION_PAGE',
    expected: 'a path such as /company/{company_id}',
    default: '/company/{company_id}',
  }),
  /**
   * `offline-token`: the request of the authorization guide, which wants the old code again.
   * `refresh-token`: RFC 6749 6 at `/oauth/token`, as the official libraries send it.
   */
  renewal: variable.choice({
    env: 'RENEWAL',
    choices: ['offline-token', 'refresh-token'],
    default: 'offline-token',
  }),
  /** Body of the online exchange: the guide sends JSON, the official libraries a form. */
  encoding: variable.choice({ env: 'ENCODING', choices: ['json', 'form'], default: 'json' }),
  /** `restart` the flow at every launch, as the guide says, or `reuse` a session that still lives. */
  launch: variable.choice({ env: 'LAUNCH', choices: ['restart', 'reuse'], default: 'restart' }),
};

export type FyndOptions = OptionsOf<typeof FYND_VARIABLES>;
