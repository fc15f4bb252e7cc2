import { playFault } from '../faults/play-fault.js';
import type { Operation } from '../faults/fault-rule.js';
import type { Exchange } from '../server/exchange.js';
import { htmlAnswer, redirectAnswer, type Answer } from '../server/answer.js';
import { refusalOfOrigin } from '../server/loopback-guard.js';
import { SandboxError } from '../sandbox-error.js';
import {
  readAuthorizeRequest,
  type AuthorizeRefusal,
  type AuthorizeRequest,
} from './authorize-request.js';
import { approve, callbackUrl, consentChoices, deny } from './consent.js';
import { consentPage } from './consent-page.js';
import { errorAnswer, rateLimitAnswer, successAnswer } from './envelope.js';
import type { FlintWorld } from './flint-world.js';

/** `GET /v1/oauth/authorize`: the consent page. */
export async function authorizeRoute(world: FlintWorld, exchange: Exchange): Promise<void> {
  await answerWithFaults(world, exchange, 'authorize', () => {
    const verdict = readAuthorizeRequest(world, exchange.query);
    if ('refusal' in verdict) return refusalAnswer(exchange, verdict.refusal);
    const action = `?${exchange.query}`;
    return htmlAnswer(
      200,
      consentPage(verdict.request, consentChoices(world, verdict.request), action),
    );
  });
}

/** `POST /v1/oauth/authorize`: the form of the consent page. */
export async function decideRoute(world: FlintWorld, exchange: Exchange): Promise<void> {
  const refusal = refusalOfOrigin(exchange);
  const form = new URLSearchParams((await exchange.body()) ?? '');
  if (refusal !== undefined) {
    exchange.send(errorAnswer(exchange.requestId, 403, 'INVALID_REQUEST', { message: refusal }));
    return;
  }
  const verdict = readAuthorizeRequest(world, exchange.query);
  exchange.send(
    'refusal' in verdict
      ? refusalAnswer(exchange, verdict.refusal)
      : redirectAnswer(302, decided(world, verdict.request, form)),
  );
}

function decided(world: FlintWorld, request: AuthorizeRequest, form: URLSearchParams): string {
  if (form.get('decision') !== 'approve') return deny(request);
  try {
    const merchant = world.directory.merchant(form.get('merchant_id') ?? '');
    return approve(world, request, { merchant, permissionIds: form.getAll('permission_ids') });
  } catch (error) {
    if (error instanceof SandboxError) return deny(request, error.message);
    throw error;
  }
}

/** `GET /v1/oauth/authorize/preview`. */
export async function previewRoute(world: FlintWorld, exchange: Exchange): Promise<void> {
  await answerWithFaults(world, exchange, 'preview', () => {
    const verdict = readAuthorizeRequest(world, exchange.query, true);
    if ('request' in verdict) return successAnswer(exchange.requestId, previewOf(verdict.request));
    const { status, param, description } = verdict.refusal;
    const code = status === 404 ? 'PARTNER_APP_NOT_FOUND' : 'INVALID_REQUEST';
    return errorAnswer(exchange.requestId, status, code, { message: description, param });
  });
}

function previewOf({ app, mode, redirectUri, permissionIds }: AuthorizeRequest): unknown {
  return {
    partner_app_id: app.partner_app_id,
    client_id: app.client_id,
    name: app.name,
    app_type: 'server',
    mode,
    redirect_uri: redirectUri,
    requested_permission_ids: permissionIds,
    requested_permissions: app.permission_manifest
      .filter(({ permission_id }) => permissionIds.includes(permission_id))
      .map(({ permission_id, title, description, optional }) => ({
        permission_id,
        title,
        description,
        ...(optional && { optional }),
      })),
  };
}

function refusalAnswer(exchange: Exchange, refusal: AuthorizeRefusal): Answer {
  const { kind, status, param, error, description, redirectUri, state } = refusal;
  if (kind === 'page' || redirectUri === undefined) {
    return errorAnswer(exchange.requestId, status, 'INVALID_REQUEST', {
      message: description,
      param,
    });
  }
  return redirectAnswer(
    302,
    callbackUrl(redirectUri, { error, error_description: description, state }),
  );
}

async function answerWithFaults(
  world: FlintWorld,
  exchange: Exchange,
  operation: Operation,
  work: () => Answer,
): Promise<void> {
  const path = exchange.path.replace(/^\/flint/, '');
  const fault = world.faults.take({ provider: 'flint', operation, method: exchange.method, path });
  if (!fault) {
    exchange.send(work());
    return;
  }
  await playFault(fault, exchange, {
    work,
    error: (status, code, message = 'Refused on demand.') =>
      errorAnswer(exchange.requestId, status, code, { message }),
    rateLimit: (headers) => rateLimitAnswer(exchange.requestId, headers),
  });
}
