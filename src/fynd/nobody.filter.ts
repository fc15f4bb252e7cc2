import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { FlockError } from '@nest-flock/core';

/** To the question who is here, nobody is an answer and no error. */
@Catch(FlockError)
export class NobodyFilter implements ExceptionFilter<FlockError> {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch({ code, message }: FlockError, host: ArgumentsHost): void {
    const adapter = this.adapterHost.httpAdapter;
    const response = host.switchToHttp().getResponse<unknown>();
    adapter.setHeader(response, 'Content-Type', 'application/json; charset=utf-8');
    adapter.setHeader(response, 'Cache-Control', 'no-store');
    adapter.reply(response, JSON.stringify({ code, detail: message }), 200);
  }
}
