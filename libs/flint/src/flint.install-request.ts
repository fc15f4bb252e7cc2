import { FlockError } from '@nest-flock/core';
import { identifierOf } from '@nest-flock/core/provider';
import type { InstallRequest } from '@nest-flock/core/provider';
import type { FlintOptions } from './flint.variables.js';

const KNOWN = new Set(['mode', 'permission_ids', 'environment_id']);

/**
 * The query of the install route: `mode` (`test` or `live`; omitted: the first permitted one),
 * `permission_ids` (omitted: the app's defaults), `environment_id` (omitted: the merchant's default).
 */
export function readInstallRequest(query: URLSearchParams, options: FlintOptions): InstallRequest {
  for (const name of query.keys()) {
    if (!KNOWN.has(name))
      throw invalid(name, `unknown; expected ${[...KNOWN].join(', ')} or return_to`);
  }
  const environment = readMode(query.get('mode'), options.modes);
  const permissionIds = readPermissions(query.get('permission_ids'), options.permissionIds);
  const environmentId = readEnvironmentId(query.get('environment_id'), options.environmentIds);
  return {
    environment,
    parameters: {
      mode: environment,
      ...(permissionIds !== undefined && { permission_ids: permissionIds }),
      ...(environmentId !== undefined && { environment_id: environmentId }),
    },
  };
}

function readMode(mode: string | null, permitted: readonly string[]): string {
  if (mode === null) return permitted[0] as string;
  if (mode !== null && permitted.includes(mode)) return mode;
  throw invalid('mode', `expected ${permitted.join(' or ')}`);
}

function readPermissions(
  text: string | null,
  permitted: readonly string[] | undefined,
): string | undefined {
  if (text === null || text === '') return undefined;
  const ids = text.split(',').map((id) => id.trim());
  const wrong = ids.find(
    (id) => identifierOf(id) === undefined || (permitted !== undefined && !permitted.includes(id)),
  );
  if (wrong === undefined) return [...new Set(ids)].join(',');
  throw invalid(
    'permission_ids',
    permitted === undefined
      ? 'expected permission ids, separated by commas'
      : `expected some of ${permitted.join(', ')}, separated by commas`,
  );
}

function readEnvironmentId(
  id: string | null,
  permitted: readonly string[] | undefined,
): string | undefined {
  if (id === null || id === '') return undefined;
  if (identifierOf(id) !== undefined && (permitted === undefined || permitted.includes(id)))
    return id;
  throw invalid(
    'environment_id',
    permitted === undefined
      ? 'expected an id of a Flint environment'
      : `expected one of ${permitted.join(', ')}`,
  );
}

/** Never repeats the value: it comes from whoever made the link. */
const invalid = (name: string, expected: string): FlockError =>
  new FlockError(
    'install_invalid_request',
    KNOWN.has(name)
      ? `The parameter "${name}" of this install link is not usable: ${expected}.`
      : `This install link has an unknown parameter; expected only ${[...KNOWN].join(', ')} and return_to.`,
  );
