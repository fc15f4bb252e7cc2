import type { OptionsOf, Variables } from '../foundation/configuration/variable.js';
import { withoutSlash } from '../foundation/configuration/variable.js';
import type { DefinitionBase, ProviderDefinition } from './provider-definition.js';
import type { EndpointPaths, ProviderEndpoints, ProviderPlace } from './provider-place.js';
import { CAUTIOUS_PROFILE } from './provider-profile.js';
import type { ProviderProfile } from './provider-profile.js';
import type { TokenDialect } from './token-call.js';

/** Paths below a server, or every URL computed. */
type Whereabouts<V extends Variables> =
  | {
      /** Base URL of the paths; an account's own server takes its place. */
      server(options: OptionsOf<V>, place: ProviderPlace): string;
      readonly endpoints: EndpointPaths;
    }
  | {
      readonly server?: undefined;
      endpoints(options: OptionsOf<V>, place: ProviderPlace): ProviderEndpoints;
    };

/**
 * Everything that makes a provider different, as `defineProvider` takes it. The five libraries are
 * written with this and a host can write a sixth.
 */
export type WrittenDefinition<V extends Variables = Variables> = DefinitionBase<V> &
  Whereabouts<V> & {
    /** Default: one, called `default`. */
    readonly environments?: readonly string[];
    /** What is known of its refresh tokens; what is left out is taken from the cautious profile. */
    readonly profile?: Partial<ProviderProfile>;
    /** How the secret travels to the token endpoint; default HTTP Basic, and a form (RFC 6749 2.3.1). */
    dialect?(options: OptionsOf<V>): Partial<TokenDialect>;
  };

/** What is the same for most providers may be left out. */
export const completed = <V extends Variables>(
  written: WrittenDefinition<V>,
): ProviderDefinition<V> => ({
  environments: ['default'],
  ...written,
  profile: { ...CAUTIOUS_PROFILE, ...written.profile },
  dialect: (options) => ({
    clientAuthentication: 'basic',
    encoding: 'form',
    ...written.dialect?.(options),
  }),
  endpoints: endpointsOf(written),
});

function endpointsOf<V extends Variables>(
  written: Whereabouts<V>,
): ProviderDefinition<V>['endpoints'] {
  return (options, place) => {
    if (written.server === undefined) return written.endpoints(options, place);
    const base = withoutSlash(place.serverUrl ?? written.server(options, place));
    const { token, api = '', authorize, revocation } = written.endpoints;
    return {
      token: `${base}${token}`,
      api: `${base}${api}`,
      ...(authorize !== undefined && { authorize: `${base}${authorize}` }),
      ...(revocation !== undefined && { revocation: `${base}${revocation}` }),
    };
  };
}
