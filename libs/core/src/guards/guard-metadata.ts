import { createParamDecorator, SetMetadata } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { Connection } from '../connections/connection.js';

export const REQUIRED_SCOPES = 'nest-flock:scopes';
export const APP_NAME = 'nest-flock:app';
export const ENVIRONMENT = 'nest-flock:environment';
export const SKIP_CONNECTION = 'nest-flock:skip';

/** Where the guard leaves the connection of a request. */
export const REQUEST_CONNECTION = Symbol('nest-flock:connection');

/** Scopes the connection must have been granted, all of them. On a method it replaces the class's. */
export const RequireScopes = (...scopes: string[]) => SetMetadata(REQUIRED_SCOPES, scopes);

/** Which registration of the provider a route belongs to, where there are several. */
export const UseApp = (name: string) => SetMetadata(APP_NAME, name);

/** Only connections of this environment: Flint `test` or `live`. */
export const UseEnvironment = (environment: string) => SetMetadata(ENVIRONMENT, environment);

/** A route of a guarded controller that needs no connection. */
export const SkipConnection = () => SetMetadata(SKIP_CONNECTION, true);

/** The {@link Connection} that the guard chose for this request. */
export const CurrentConnection = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Connection | undefined =>
    context.switchToHttp().getRequest<{ [REQUEST_CONNECTION]?: Connection }>()[REQUEST_CONNECTION],
);
