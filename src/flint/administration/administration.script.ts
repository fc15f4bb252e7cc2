/** Runs on the operator's page, after the common script. */
export const ADMINISTRATION_SCRIPT = `
{
  const base = '/operator/flint/apps';
  const place = (id) => document.getElementById(id);
  let current;
  const pathOf = (...parts) => [base, ...parts.map(encodeURIComponent)].join('/');
  const fail = (name, title, result) => show(name, title, result);
  /** What ends something is pressed twice. */
  function sure(label, question, run) {
    const node = el('button', label, 'danger');
    node.type = 'button';
    let armed;
    const disarm = () => { clearTimeout(armed); armed = undefined; node.textContent = label; };
    node.addEventListener('click', () => {
      if (armed === undefined) {
        node.textContent = question;
        armed = setTimeout(disarm, 5000);
        return;
      }
      disarm();
      busy(node, run);
    });
    return node;
  }
  const fact = (label, value) => {
    const line = el('p', label + ' ');
    line.append(el('code', value));
    return line;
  };
  const tags = (texts) => {
    const box = el('div', undefined, 'scopes');
    texts.forEach((text) => box.append(el('span', text)));
    return box;
  };
  const article = (title, status, ...rest) => {
    const box = el('article');
    const top = el('header');
    top.append(el('h4', title), pill(status));
    box.append(top, ...rest);
    return box;
  };
  const said = (node, items, draw, none) =>
    node.replaceChildren(...(items.length === 0 ? [el('p', none, 'hint')] : items.map(draw)));

  async function list() {
    const result = await call(base);
    if (!result.ok) return fail('apps', 'Partner apps', result);
    said(place('apps-list'), result.body, (app) => {
      const actions = el('div', undefined, 'actions');
      actions.append(button('Open', async () => { if (await open(app.id)) place('app-title').focus(); }));
      return article(app.name, app.status, fact('Id', app.id), fact('Client id', app.clientId), actions);
    }, 'No app yet.');
    if (current === undefined && result.body.length > 0) await open(result.body[0].id);
  }
  const webhook = (id) => ({ id: one, source, mode, events, url, enabled }) => {
    const actions = el('div', undefined, 'actions');
    actions.append(sure('Delete', 'Press again to delete', async () => {
      const result = await call(pathOf(id, 'webhooks', one || 'only'), { method: 'DELETE' });
      if (result.ok) hide('app');
      else fail('app', 'Delete the webhook', result);
      await open(id);
    }));
    const title = source === 'app' ? 'Installs and their ends' : 'Events of merchants, ' + (mode === 'both' ? 'test and live' : mode);
    return article(title, enabled ? 'enabled' : 'disabled', fact('To', url), events.length > 0 ? tags(events) : el('p', 'All events of installs'), actions);
  };
  const install = (id) => ({ id: one, merchant, status, scopes, grants }) => {
    const state = el('p', grants.map((grant) => grant.mode + ': ' + words(grant.status)).join(', ') || 'No grant');
    const box = article(merchant, status, fact('Install', one), state, tags(scopes));
    if (status !== 'revoked') {
      const actions = el('div', undefined, 'actions');
      actions.append(sure('Revoke', 'Press again to revoke', async () => {
        const result = await call(pathOf(id, 'installs', one, 'revoke'), { method: 'POST' });
        if (result.ok) hide('app');
        else fail('app', 'Revoke the install', result);
        await open(id);
      }));
      box.append(actions);
    }
    return box;
  };
  async function open(id) {
    const result = await call(pathOf(id));
    if (!result.ok) {
      fail('apps', 'The app', result);
      return false;
    }
    const { app, webhooks, installs } = result.body;
    if (current !== id) hide('app');
    current = id;
    place('app').hidden = false;
    place('app-title').textContent = app.name;
    place('app-client').replaceChildren('Client id ', el('code', app.clientId), ', permissions: ' + app.permissions.map(words).join(', '));
    said(place('app-webhooks'), webhooks, webhook(id), 'No webhook: Flint tells this host nothing of the app.');
    said(place('app-installs'), installs, install(id), 'No merchant has installed it.');
    return true;
  }

  const app = place('new-app');
  app.addEventListener('submit', (event) => {
    event.preventDefault();
    busy(app.querySelector('button'), async () => {
      const form = new FormData(app);
      const body = { name: form.get('name'), permissions: form.getAll('permissions') };
      const result = await call(base, { body });
      show('apps', result.ok ? 'Created ' + result.body.app.name : 'Create an app', result, ({ app: made, clientSecret }) => {
        const box = el('div', undefined, 'fine');
        box.append(fact('Client id', made.clientId));
        if (clientSecret) {
          const secret = fact('Client secret', clientSecret);
          const done = button('I have kept it', async () => hide('apps'));
          box.append(secret, el('p', 'Shown this once. This host does not keep it: put it where your secrets are.'), done);
        } else box.append(el('p', 'Flint gave no client secret.'));
        return box;
      });
      if (!result.ok) return;
      app.reset();
      await list();
      await open(result.body.app.id);
    });
  });

  const form = place('new-webhook');
  const merchants = place('of-merchants');
  const toggle = () => { merchants.hidden = form.elements.sourceType.value === 'app'; };
  form.elements.sourceType.addEventListener('change', toggle);
  toggle();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    busy(form.querySelector('button'), async () => {
      const given = new FormData(form);
      const body = { sourceType: given.get('sourceType'), eventTypes: given.getAll('eventTypes'), mode: given.get('mode') };
      const result = await call(pathOf(current, 'webhooks'), { body });
      show('app', result.ok ? 'Webhook created' : 'Create a webhook', result, ({ stored, warnings }) => {
        const box = el('div', undefined, stored && warnings.length === 0 ? 'fine' : 'problem');
        box.append(el('p', stored ? 'Its secret is kept sealed; what it sends is verified from now on.' : 'Its secret was not kept: what it sends cannot be verified.'));
        warnings.forEach((warning) => box.append(el('p', warning)));
        return box;
      });
      if (result.ok) await open(current);
    });
  });
  list();
}
`;
