import { answerApiCall, recordApiCall } from '../oauth/api-call-flow.js';
import { jsonAnswer, type Answer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import { readCompanyAccess } from './company-access.js';
import type { FyndAccessToken } from './fynd-tokens.js';
import type { FyndWorld } from './fynd-world.js';

interface Resource {
  readonly name: string;
  readonly scope: string;
  rows(companyId: string): readonly unknown[];
}

const RESOURCES: Readonly<Record<string, Resource>> = {
  'configuration/application': {
    name: 'sales-channels',
    scope: 'company/saleschannel',
    rows: (companyId) =>
      ['Website', 'Mobile app'].map((name, index) => ({
        _id: `app_${companyId}_${index + 1}`,
        name,
        company_id: Number(companyId),
        domain: { name: `${name.toLowerCase().replace(' ', '-')}.company${companyId}.example` },
        is_active: true,
      })),
  },
  'catalog/products': {
    name: 'products',
    scope: 'company/product',
    rows: (companyId) => [{ uid: 1, name: 'Kurta', company_id: Number(companyId) }],
  },
};
const PATH = /^\/service\/platform\/([a-z]+)\/v1\.0\/company\/(\d+)\/([a-z]+)$/;

/** The resource that a path names, and the company in it. */
export function resourceOf(path: string): { resource: Resource; companyId: string } | undefined {
  const [, service, companyId, name] = PATH.exec(path) ?? [];
  const key = `${service}/${name}`;
  const resource = Object.hasOwn(RESOURCES, key) ? RESOURCES[key] : undefined;
  return resource && companyId !== undefined ? { resource, companyId } : undefined;
}

/** A GET of the Platform API. */
export async function apiRoute(
  world: FyndWorld,
  exchange: Exchange,
  path: string,
  { resource, companyId }: { resource: Resource; companyId: string },
): Promise<void> {
  const { call, token } = recordApiCall(world.records, exchange, path);
  call.account = companyId;
  call.token_of = ownerOf(token === undefined ? undefined : world.tokens.access(token));
  await answerApiCall(
    exchange,
    world.faults,
    call,
    { provider: 'fynd', operation: `api.${resource.name}`, account: companyId },
    {
      work: () => answerOf(world, exchange, resource, companyId),
      error: (status, error) => jsonAnswer(status, { message: error }),
      rateLimit: (headers) => jsonAnswer(429, { message: 'Too many requests.' }, headers),
    },
  );
}

function answerOf(
  world: FyndWorld,
  exchange: Exchange,
  resource: Resource,
  companyId: string,
): Answer {
  const verdict = readCompanyAccess(world, exchange, companyId);
  if ('refusal' in verdict) return verdict.refusal;
  if (!verdict.access.scopes.includes(resource.scope)) {
    return jsonAnswer(403, { message: `The scope ${resource.scope} is missing.` });
  }
  const items = resource.rows(companyId);
  return jsonAnswer(200, {
    items,
    page: { type: 'number', current: 1, size: items.length, item_total: items.length },
  });
}

/** The company, or the company's user whose own rights the token carries. */
function ownerOf(token: FyndAccessToken | undefined): string | undefined {
  if (!token) return undefined;
  const { company, user } = token;
  return user === undefined ? `${company.company_id}` : `${company.company_id}:${user._id}`;
}
