import { FlockError } from '@nest-flock/core';
import type {
  AdministrationClient,
  ConnectionClients,
  OptionsOf,
  ProviderRegistry,
  RegisteredApp,
} from '@nest-flock/core/provider';
import type { FLINT_VARIABLES } from '../flint.variables.js';
import { invalidField } from '@nest-flock/core/provider';
import { checkId } from './answer.js';

/** Administration has no mode of its own; Flint asks for a live key (`…_REQUIRES_LIVE_KEY`). */
const ENVIRONMENT = 'live';

/** One app registration and the developer's own way to Flint's API. */
export interface FlintDeveloper {
  readonly app: RegisteredApp;
  readonly options: OptionsOf<typeof FLINT_VARIABLES>;
  readonly client: AdministrationClient;
  /** The partner app that a call is about: the given one, or that of the configuration. */
  partnerAppId(given: string | undefined): string;
}

/** @throws FlockError `unknown_provider`, `configuration_invalid` without a developer key */
export function developerOf(
  registry: ProviderRegistry,
  clients: ConnectionClients,
  name: string | undefined,
): FlintDeveloper {
  const app = registry.get('flint', name);
  const options = app.options as OptionsOf<typeof FLINT_VARIABLES>;
  if (options.developerKey === undefined) {
    throw new FlockError(
      'configuration_invalid',
      `The app "${app.name}" of Flint has no developerKey (${variableOf(app, 'DEVELOPER_KEY')}); expected an API key with accounts.merchants.write, or a developer session token.`,
    );
  }
  return {
    app,
    options,
    client: clients.administration(app, ENVIRONMENT, options.developerKey),
    partnerAppId: (given) => {
      const id = given ?? options.partnerAppId;
      if (id !== undefined) return checkId(id, 'partnerAppId');
      throw invalidField(
        'partnerAppId',
        `the id of a partner app, or one for all calls in ${variableOf(app, 'PARTNER_APP_ID')}`,
      );
    },
  };
}

const variableOf = ({ name, provider }: RegisteredApp, variable: string): string =>
  name === provider
    ? `FLINT_${variable}`
    : `FLINT_${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_${variable}`;
