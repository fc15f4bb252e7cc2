import { FLUTE_ENVIRONMENTS, FLUTE_VARIABLES } from './flute.variables.js';
import type { FluteEnvironment } from './flute.variables.js';
import { configuredAccounts, keyOf, ownKey, SHARED_KEY } from './flute.keys.js';
import type { FluteOptions } from './flute.keys.js';

/** What is wrong with keys, environments and hosts: each a sentence that names options and variables. */
export function checkOptions(options: FluteOptions): string[] {
  const problems = [...halfKeys(options), ...unknownEnvironments(options)];
  // Of half a key nobody can say whose it was meant to be.
  if (problems.length === 0) problems.push(...missingKeys(options));
  return [...problems, ...sameHosts(options)];
}

function halfKeys(options: FluteOptions): string[] {
  return [SHARED_KEY, ...FLUTE_ENVIRONMENTS.map(ownKey)].flatMap(({ id, secret }) => {
    const hasId = options[id] !== undefined;
    if (hasId === (options[secret] !== undefined)) return [];
    const [given, missing] = hasId ? [id, secret] : [secret, id];
    return [`${named(given)} is set without ${named(missing)}; expected both, or neither`];
  });
}

function unknownEnvironments({ environments = [] }: FluteOptions): string[] {
  return environments.every((name) => FLUTE_ENVIRONMENTS.some((known) => known === name))
    ? []
    : [`${named('environments')} names an unknown one; expected sandbox, production, or both`];
}

function missingKeys(options: FluteOptions): string[] {
  const shared = `${named(SHARED_KEY.id)} and ${named(SHARED_KEY.secret)}`;
  const { environments } = options;
  if (environments !== undefined) {
    return FLUTE_ENVIRONMENTS.filter(
      (name) => environments.includes(name) && keyOf(options, name) === undefined,
    ).map(
      (name) =>
        `${named('environments')} names ${name}, which has no key; set ${pairOf(name)}, or ${shared} for a key that serves both`,
    );
  }
  if (configuredAccounts(options).length > 0) return [];
  return [
    `no API key is given; set ${shared}, or a key of one environment, such as ${pairOf('sandbox')}; or environments: [] where every key is registered at run time`,
  ];
}

/** With one host for both, the tokens of one environment would go to the other. */
function sameHosts(options: FluteOptions): string[] {
  return (
    [
      ['sandboxTokenUrl', 'productionTokenUrl'],
      ['sandboxApiUrl', 'productionApiUrl'],
    ] as const
  )
    .filter(([one, other]) => new URL(options[one]).href === new URL(options[other]).href)
    .map(
      ([one, other]) => `${named(one)} and ${named(other)} are the same; expected different hosts`,
    );
}

const named = (option: keyof FluteOptions): string => `${option} (${FLUTE_VARIABLES[option].env})`;

function pairOf(environment: FluteEnvironment): string {
  const { id, secret } = ownKey(environment);
  return `${named(id)} and ${named(secret)}`;
}
