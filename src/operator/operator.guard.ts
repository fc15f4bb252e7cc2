import {
  ForbiddenException,
  Inject,
  Injectable,
  NotFoundException,
  UnauthorizedException,
} from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HttpRequest } from '@nest-flock/core';
import { createHash, timingSafeEqual } from 'node:crypto';
import { HOST } from '../host.js';
import type { Host } from '../host.js';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Lets whoever runs this host in; see {@link OperatorAccess}. */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(HOST) private readonly host: Host,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    const { operator } = this.host;
    if (operator.kind === 'closed') throw new NotFoundException();
    // A page elsewhere whose name was made to resolve to this machine has that name as its host.
    if (operator.kind === 'open' && !this.isOwnName(request)) throw new NotFoundException();
    if (operator.kind === 'password' && !hasPassword(request, operator.password)) {
      const adapter = this.adapterHost.httpAdapter;
      adapter.setHeader(http.getResponse(), 'WWW-Authenticate', 'Basic realm="Operator"');
      throw new UnauthorizedException('Sign in with the password of OPERATOR_PASSWORD.');
    }
    // Browsers send a password that they know along with the posts of other sites.
    if (!['GET', 'HEAD'].includes(request.method) && !this.isOwnOrigin(request)) {
      throw new ForbiddenException("Only this host's own pages may do this.");
    }
    return true;
  }

  private isOwnName({ headers }: HttpRequest): boolean {
    const { host = '' } = headers;
    return host === new URL(this.host.url).host || LOOPBACK.includes(host.replace(/:\d+$/, ''));
  }

  private isOwnOrigin({ headers }: HttpRequest): boolean {
    return headers.origin === new URL(this.host.url).origin;
  }
}

/** Any name will do: there is one operator. */
function hasPassword({ headers }: HttpRequest, password: string): boolean {
  const [, encoded] = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return false;
  const given = Buffer.from(encoded, 'base64')
    .toString('utf8')
    .replace(/^[^:]*:/, '');
  // Digests are of one length, so that the comparison takes the same time whatever was given.
  return timingSafeEqual(digest(given), digest(password));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
