import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { throwError } from 'rxjs';
import { readHeader } from '../http/request.js';
import type { HttpRequest } from '../http/request.js';
import { FlockError } from './flock.error.js';

/**
 * Answers a {@link FlockError} as RFC 9457 problem details on any HTTP adapter. With
 * `redirectPages`, a page request (GET that accepts `text/html`) that only lacks a connection is
 * sent to the install route instead.
 */
@Catch(FlockError)
export class ProblemDetailsFilter implements ExceptionFilter<FlockError> {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly redirectPages: boolean,
  ) {}

  catch(error: FlockError, host: ArgumentsHost): unknown {
    // A message handler answers with the error as its stream; the transport does the rest.
    if (host.getType() !== 'http') return throwError(() => error);
    const adapter = this.adapterHost.httpAdapter;
    const request = host.switchToHttp().getRequest<HttpRequest>();
    const response = host.switchToHttp().getResponse<unknown>();
    if (this.redirectPages && error.connectUrl !== undefined && wantsPage(request)) {
      adapter.redirect(response, 302, error.connectUrl);
      return undefined;
    }
    if (error.retryAfterSeconds !== undefined) {
      adapter.setHeader(response, 'Retry-After', String(error.retryAfterSeconds));
    }
    if (error.getStatus() === 401) {
      // RFC 9110 15.5.2: a 401 names a challenge; the sign-in here is the install flow.
      adapter.setHeader(response, 'WWW-Authenticate', `Flock error="${error.code}"`);
    }
    adapter.setHeader(response, 'Content-Type', 'application/problem+json; charset=utf-8');
    adapter.setHeader(response, 'Cache-Control', 'no-store');
    adapter.reply(response, JSON.stringify(error.getResponse()), error.getStatus());
    return undefined;
  }
}

function wantsPage(request: HttpRequest): boolean {
  return request.method === 'GET' && (readHeader(request, 'accept') ?? '').includes('text/html');
}
