import { buildTokenRequest } from './token-request.js';

describe('the request of a token', () => {
  const client = { id: 'i', secret: 'a b' };
  const parameters = { grant_type: 'client_credentials' };

  it.each([
    ['https://a.example/token', '?'],
    ['https://a.example/token?tenant=1', '&'],
  ])('in a query goes on where %s has one', (url, joint) => {
    const dialect = { clientAuthentication: 'body', encoding: 'query' } as const;
    expect(buildTokenRequest(url, parameters, client, dialect)).toEqual({
      url: `${url}${joint}grant_type=client_credentials&client_id=i&client_secret=a+b`,
      method: 'POST',
      headers: { accept: 'application/json' },
      body: '',
    });
  });
});
