import { jsonAnswer } from '../server/answer.js';
import type { Exchange } from '../server/exchange.js';
import type { FyndExtension } from './fynd-extension.js';
import { companyOf, type FyndWorld } from './fynd-world.js';
import { panelPage } from './panel-page.js';

/**
 * `GET /panel/company/{company_id}`: what Fynd's panel does when a seller opens the extension.
 *
 * `client_id` chooses another extension, `user` signs somebody else in, `mode=top` leaves the frame
 * out, and `mode=breakout` makes the consent page in the frame offer to go on in a page of its own.
 */
export function panelRoute(
  world: FyndWorld,
  exchange: Exchange,
  companyId: string,
  sandbox: { readonly url: string; readonly extension: FyndExtension },
): void {
  const company = companyOf(world, companyId);
  if (!company) return exchange.send(jsonAnswer(404, { message: 'There is no such company.' }));
  const { company_id, users } = company;
  const query = new URLSearchParams(exchange.query);
  const mode = query.get('mode') ?? 'frame';
  const wanted = query.get('user');
  const user = users.find(({ _id }) => _id === (wanted ?? world.signedIn.get(company_id)));
  if (wanted !== null && !user) {
    return exchange.send(jsonAnswer(404, { message: 'The company has no such user.' }));
  }
  if (wanted !== null) world.signedIn.set(company_id, wanted);
  if (mode === 'breakout') world.breakingOut.add(company_id);
  else world.breakingOut.delete(company_id);
  exchange.send(
    panelPage({
      extension: world.extensions.get(query.get('client_id') ?? '') ?? sandbox.extension,
      company,
      signedIn: (user ?? users[0])?._id,
      clusterUrl: new URL(sandbox.url).origin,
      framed: mode !== 'top',
    }),
  );
}
