import { createParamDecorator, SetMetadata } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { Connection } from '../../provider/connection.js';

export const REQUIRED_SCOPES = 'nest-flock:scopes';
export const APP_NAME = 'nest-flock:app';
export const ENVIRONMENT = 'nest-flock:environment';
export const OFFLINE_ACCESS = 'nest-flock:offline';
export const SKIP_CONNECTION = 'nest-flock:skip';

/** Where the guard leaves the connection of a request. */
export const REQUEST_CONNECTION = Symbol('nest-flock:connection');

/** Scopes the connection must have been granted, all of them. On a method it replaces the class's. */
export const RequireScopes = (...scopes: string[]) => SetMetadata(REQUIRED_SCOPES, scopes);

/** Which registration of the provider a route belongs to, where there are several. */
export const UseApp = (name: string) => SetMetadata(APP_NAME, name);

/** Only connections of this environment: Flint `test` or `live`. */
export const UseEnvironment = (environment: string) => SetMetadata(ENVIRONMENT, environment);

/**
 * The route acts with the merchant's own connection, whatever the rights of the person who is here.
 * Without it a request of a provider with personal connections acts for the person.
 */
export const UseOfflineAccess = () => SetMetadata(OFFLINE_ACCESS, true);

/** A route of a guarded controller that needs no connection. */
export const SkipConnection = () => SetMetadata(SKIP_CONNECTION, true);

/** What `@UseApp` says of a route, for guards of a library's own. */
export function appNameOf(context: ExecutionContext): string | undefined {
  const read = (target: object) => Reflect.getMetadata(APP_NAME, target) as string | undefined;
  return read(context.getHandler()) ?? read(context.getClass());
}

/** The {@link Connection} that the guard chose for this request. */
export const CurrentConnection = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Connection | undefined =>
    context.switchToHttp().getRequest<{ [REQUEST_CONNECTION]?: Connection }>()[REQUEST_CONNECTION],
);
