import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { parseObject, withoutUndefined } from '@nest-flock/core/provider';

/** What the storefront's proxy says of a call, after its signature was verified. */
export interface FyndProxyCall {
  /** `x-application-data`: the sales channel. */
  readonly application?: Readonly<Record<string, unknown>>;
  /** `x-user-data`: the shopper who is signed in there. */
  readonly user?: Readonly<Record<string, unknown>>;
}

/** Where the guard leaves it. */
export const PROXY_CALL = Symbol('nest-flock:fynd-proxy-call');

/** The {@link FyndProxyCall} that `FyndProxyGuard` verified. */
export const ProxyCall = createParamDecorator(
  (_data: unknown, context: ExecutionContext): FyndProxyCall | undefined =>
    context.switchToHttp().getRequest<{ [PROXY_CALL]?: FyndProxyCall }>()[PROXY_CALL],
);

export function readProxyCall(
  headers: Readonly<Record<string, string | undefined>>,
): FyndProxyCall {
  return withoutUndefined({
    application: parseObject(headers['x-application-data'] ?? ''),
    user: parseObject(headers['x-user-data'] ?? ''),
  });
}
