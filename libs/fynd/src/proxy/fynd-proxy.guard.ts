import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { FlockError } from '@nest-flock/core';
import { appNameOf } from '@nest-flock/core/provider';
import type { HttpRequest } from '@nest-flock/core';
import { FyndHandle } from '../fynd.definition.js';
import type { FyndApp } from '../fynd.definition.js';
import { PROXY_CALL, readProxyCall } from './proxy-call.js';
import type { FyndProxyCall } from './proxy-call.js';
import { isSignedBy } from './proxy-signature.js';
import type { SignedCall } from './proxy-signature.js';

/** A call older or newer than this is refused (extension library 2.0). */
const WINDOW_MS = 300_000;
/** A replaced secret is noticed so long after the last look at the latest. */
const ASK_AGAIN_MS = 10_000;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

type RawRequest = HttpRequest & { rawBody?: Buffer; [PROXY_CALL]?: FyndProxyCall };

/**
 * `@UseGuards(FyndProxyGuard)`: only calls that Fynd's storefront proxy signed with the API secret
 * pass. A route with a body needs `NestFactory.create(module, { rawBody: true })`.
 */
@Injectable()
export class FyndProxyGuard implements CanActivate {
  private readonly asked = new WeakMap<FyndApp, number>();

  constructor(private readonly fynd: FyndHandle) {}

  /**
   * @throws FlockError `signature_missing` 401, `signature_expired` 400, `signature_invalid` 403,
   * `raw_body_missing` 500
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<RawRequest>();
    const app = this.fynd.app(appNameOf(context));
    const call = signedCall(request);
    const signature = call.headers['x-fp-signature'];
    if (signature === undefined) {
      throw new FlockError('signature_missing', 'The call carries no x-fp-signature.');
    }
    if (!isRecent(call.headers['x-fp-date'])) {
      throw new FlockError(
        'signature_expired',
        'The x-fp-date of the call is not within 5 minutes of now; expected YYYYMMDDTHHMMSSZ.',
      );
    }
    if (!(await this.isOfApp(app, call, signature))) {
      throw new FlockError('signature_invalid', 'The x-fp-signature is not of this extension.');
    }
    request[PROXY_CALL] = readProxyCall(call.headers);
    return true;
  }

  /** By the secret in memory, or by the one that the host's resolver gives now, if it was replaced. */
  private async isOfApp(app: FyndApp, call: SignedCall, signature: string): Promise<boolean> {
    const place = { environment: 'default' };
    const { secret } = await app.credential(place);
    if (verifies(call, secret, signature)) return true;
    // Anybody can send wrong signatures: the resolver is not asked for each of them.
    const askedAt = this.asked.get(app) ?? -Infinity;
    if (performance.now() - askedAt < ASK_AGAIN_MS) return false;
    this.asked.set(app, performance.now());
    const fresh = await app.credential(place, true).catch(() => undefined);
    return (
      fresh !== undefined && fresh.secret !== secret && verifies(call, fresh.secret, signature)
    );
  }
}

/** A path that cannot be decoded was not signed by anybody. */
function verifies(call: SignedCall, secret: string, signature: string): boolean {
  try {
    return isSignedBy(call, secret, signature);
  } catch {
    return false;
  }
}

function signedCall(request: RawRequest): SignedCall {
  const { headers } = request;
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
  if (hasBody && request.rawBody === undefined) {
    throw new FlockError(
      'raw_body_missing',
      'The raw body is needed to verify the signature: create the app with { rawBody: true }.',
    );
  }
  return {
    method: request.method,
    url: request.originalUrl ?? request.url,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value[0] : value,
      ]),
    ),
    body: hasBody ? (request.rawBody ?? '') : '',
  };
}

function isRecent(text: string | undefined): boolean {
  const parts = DATE.exec(text ?? '');
  if (parts === null) return false;
  const [, year, month, day, hour, minute, second] = parts;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Math.abs(Date.now() - at) <= WINDOW_MS;
}
