import { createParamDecorator, Injectable, UnauthorizedException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from '@nest-flock/core';
import { visitorOf } from './visitor.js';

const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<HttpRequest>();

/**
 * Stands in for the host's own sign-in guard. Where the app itself has the credential, nobody
 * connects anything, so this alone says who may call. The cookie is `SameSite=Lax`: a POST that
 * another site makes comes without it.
 */
@Injectable()
export class VisitorGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (visitorOf(requestOf(context)) !== undefined) return true;
    throw new UnauthorizedException('Open the home page first.');
  }
}

/** The visitor of a route behind {@link VisitorGuard}. */
export const Visitor = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  visitorOf(requestOf(context)),
);
