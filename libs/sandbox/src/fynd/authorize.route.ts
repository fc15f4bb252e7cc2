import { playFault } from '../faults/play-fault.js';
import { SandboxError } from '../sandbox-error.js';
import { htmlAnswer, jsonAnswer, redirectAnswer, type Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { markup } from '../server/markup.js';
import { page } from '../server/page.js';
import { readAuthorizeRequest, type FyndAuthorizeRequest } from './authorize-request.js';
import { approve, deny } from './consent.js';
import { consentKey } from './consent-key.js';
import { breakOutPage, consentPage } from './consent-page.js';
import type { FyndWorld } from './fynd-world.js';

/** `GET …/oauth/authorize`: asks for consent once; later launches pass through. */
export async function authorizeRoute(
  world: FyndWorld,
  exchange: Exchange,
  companyId: string,
): Promise<void> {
  const work = () => answerOf(world, exchange, companyId);
  const fault = world.faults.take({
    provider: 'fynd',
    operation: 'authorize',
    method: exchange.method,
    path: exchange.path,
    account: companyId,
  });
  if (!fault) return exchange.send(work());
  await playFault(fault, exchange, {
    work,
    error: (status, error) => jsonAnswer(status, { message: error }),
    rateLimit: (headers) => jsonAnswer(429, { message: 'Too many requests.' }, headers),
  });
}

function answerOf(world: FyndWorld, exchange: Exchange, companyId: string): Answer {
  const request = readAuthorizeRequest(world, companyId, exchange.query);
  if (typeof request === 'string') return jsonAnswer(400, { message: request });
  const action = `?${exchange.query}`;
  const { company } = request;
  const breaksOut = world.settings.breakOut || world.breakingOut.has(company.company_id);
  if (breaksOut && exchange.header('sec-fetch-dest') === 'iframe') {
    return framed(breakOutPage(action));
  }
  const user = world.signedIn.get(company.company_id) ?? company.users[0]?._id;
  if (user !== undefined && world.consents.has(consentKey(request, user))) {
    return redirectAnswer(302, approve(world, request, user));
  }
  return framed(consentPage(request, user, action));
}

/** `POST …/oauth/authorize`: the form of the consent page. */
export async function decideRoute(
  world: FyndWorld,
  exchange: Exchange,
  companyId: string,
): Promise<void> {
  const form = new URLSearchParams((await exchange.body()) ?? '');
  const site = exchange.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return exchange.send(jsonAnswer(403, { message: 'The form was sent by another site.' }));
  }
  const request = readAuthorizeRequest(world, companyId, exchange.query);
  if (typeof request === 'string') {
    return exchange.send(jsonAnswer(400, { message: request }));
  }
  exchange.send(decided(world, request, form));
}

function decided(world: FyndWorld, request: FyndAuthorizeRequest, form: URLSearchParams): Answer {
  if (form.get('decision') !== 'approve') {
    if (world.settings.denial === 'redirect') return redirectAnswer(302, deny(request));
    // As documented: a rejection ends here, and nothing is called.
    return framed(
      page(
        'Not installed',
        markup`<div class="card"><h1>Not installed</h1>
<p>You rejected the extension. Nothing was shared.</p>
<p><a href="${deny(request)}">Tell the extension</a></p></div>`,
        true,
      ),
    );
  }
  try {
    return redirectAnswer(302, approve(world, request, form.get('user') ?? undefined));
  } catch (error) {
    if (error instanceof SandboxError) return jsonAnswer(400, { message: error.message });
    throw error;
  }
}

/** The panel, which is of the same origin here, shows these pages in its frame. */
function framed(body: string): Answer {
  const answer = htmlAnswer(200, body);
  const policy = answer.headers['content-security-policy'] ?? '';
  return {
    ...answer,
    headers: {
      ...answer.headers,
      'content-security-policy': policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'"),
    },
  };
}
