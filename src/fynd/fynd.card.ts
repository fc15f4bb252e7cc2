import { escape } from '../home/escape.js';
import type { ProviderCard } from '../home/provider-card.js';
import type { Host } from '../host.js';
import { launchLink } from './launch-link.js';

export const fyndCard: ProviderCard = {
  provider: 'fynd',
  title: 'Fynd',
  line: 'An extension: a person of a company launches it and lends it rights.',
  variables: ['FYND_CLIENT_ID', 'FYND_CLIENT_SECRET', 'FYND_EXTENSION_URL', 'FYND_SCOPES'],
  actions: launchLinks,
  body: '<div class="list one" id="fynd-launch"></div>',
  script: `
{
  const place = document.getElementById('fynd-launch');
  let present;
  const end = async () => {
    const result = await call('/fynd/launch/end', { id: present.person.id, method: 'POST' });
    if (result.ok) hide('fynd');
    else show('fynd', 'Sign out', result);
    await paint();
    return result.ok;
  };
  const card = ({ companyId, userId, person, company }, now) => {
    const box = el('article');
    const top = el('header');
    top.append(el('h3', 'Company ' + companyId + ' · ' + userId), pill(person.status));
    const scopes = el('div', undefined, 'scopes');
    person.scopes.forEach((scope) => scopes.append(el('span', scope)));
    const actions = el('div', undefined, 'actions');
    actions.append(
      button('Channels, as ' + userId, async () => show('fynd', 'Sales channels, with the rights of ' + userId, await call('/fynd/channels', { id: person.id }))),
      button('Channels, as the company', async () => {
        show('fynd', 'Sales channels, with the rights of company ' + companyId, await call('/fynd/channels/company', { id: company.id }));
        await paint();
      }),
      link('Extension page', '/company/' + encodeURIComponent(companyId)),
      button('Sign out', end, 'danger'),
    );
    if (sandboxed) {
      actions.append(
        button('New product', async () => show('fynd', 'Fynd sent an event of company ' + companyId, await call('/sandbox/fynd/product', { id: person.id, method: 'POST' }))),
        button('Uninstall at Fynd', async () => {
          const result = await call('/sandbox/fynd/uninstall', { id: person.id, method: 'POST' });
          show('fynd', 'Uninstalled at Fynd', result);
          await paint();
        }, 'danger'),
      );
    }
    const tokens = el('div', undefined, 'tokens');
    tokens.append(life(person, now, 'Token of the person'), life(company, now, 'Token of the company'));
    box.append(top, scopes, tokens);
    if (company.status !== 'active') box.append(el('p', 'The company’s connection: ' + words(company.status) + '. Launch it again.'));
    box.append(actions);
    return box;
  };
  const paint = async () => {
    const { ok, body } = await call('/fynd/launch');
    if (!ok) return;
    present = body.launch;
    const said = body.code === 'not_connected' ? 'Not launched in this browser.'
      : body.code === 'connection_ambiguous' ? 'Two companies have launched it in this browser. Sign out of one first.'
      : body.detail;
    redraw(place, present ? [present.person, present.company] : [{ id: said }], body.now, () => [present ? card(present, body.now) : el('p', said, 'hint')]);
  };
  // One company at a time: the next launch ends the session of the one before.
  document.querySelectorAll('#fynd [data-company]').forEach((node) => node.addEventListener('click', async (event) => {
    if (!present || present.companyId === node.dataset.company) return;
    event.preventDefault();
    if (await end()) location.assign(node.href);
  }));
  painters.push({ provider: 'fynd', paint });
}
`,
};

function launchLinks(host: Host): string {
  const { sandbox } = host;
  if (sandbox === undefined)
    return '<span class="hint">Open it from the panel of a company.</span>';
  return sandbox.companies
    .map(
      ({ id, name }) =>
        `<a class="button" data-company="${id}" href="${escape(launchLink(host, id, '/'))}">Launch at ${escape(name)}</a>`,
    )
    .join('\n');
}
