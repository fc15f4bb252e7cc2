import { FlockError } from '@nest-flock/core';
import { invalidField } from '@nest-flock/core/provider';
import type { AdministrationClient } from '@nest-flock/core/provider';
import type { FlintApp, FlintHandle } from '../flint.definition.js';
import { checkId } from './answer.js';

/** Administration has no mode of its own; Flint asks for a live key (`…_REQUIRES_LIVE_KEY`). */
const ENVIRONMENT = 'live';

/** One app registration and the developer's own way to Flint's API. */
export interface FlintDeveloper {
  readonly flint: FlintHandle;
  readonly app: FlintApp;
  readonly client: AdministrationClient;
  /** The partner app that a call is about: the given one, or that of the configuration. */
  partnerAppId(given: string | undefined): string;
}

/** @throws FlockError `unknown_provider`, `configuration_invalid` without a developer key */
export function developerOf(flint: FlintHandle, name: string | undefined): FlintDeveloper {
  const app = flint.app(name);
  const { developerKey, partnerAppId } = app.options;
  if (developerKey === undefined) {
    throw new FlockError(
      'configuration_invalid',
      `The app "${app.name}" of Flint has no developerKey (${app.variable('developerKey')}); expected an API key with accounts.merchants.write, or a developer session token.`,
    );
  }
  return {
    flint,
    app,
    client: flint.clients.administration(app, ENVIRONMENT, developerKey),
    partnerAppId: (given) => {
      const id = given ?? partnerAppId;
      if (id !== undefined) return checkId(id, 'partnerAppId');
      throw invalidField(
        'partnerAppId',
        `the id of a partner app, or one for all calls in ${app.variable('partnerAppId')}`,
      );
    },
  };
}
