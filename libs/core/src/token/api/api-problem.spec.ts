import type { AxiosResponse } from 'axios';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { apiProblem } from './api-problem.js';
import { A_READ } from './unanswered.js';

describe('a refusal of a provider’s API', () => {
  const problemOf = (missingScopes: readonly string[] | undefined) => {
    const definition = { title: 'Flint', apiProblem: () => ({ missingScopes }) };
    const response = { status: 403, headers: {}, data: {} } as unknown as AxiosResponse<unknown>;
    return apiProblem({ definition } as unknown as RegisteredApp, response, A_READ, {
      connectUrl: 'https://a.example/install',
    });
  };

  it.each([
    [['orders', 'refunds'], 'not granted orders, refunds.'],
    // A provider may not say which.
    [[], 'not granted the scope it needs.'],
  ])(
    'for scopes that were not granted (%j) says so, and where more is granted',
    (scopes, words) => {
      expect(problemOf(scopes)).toMatchObject({
        code: 'insufficient_scope',
        missingScopes: scopes,
        connectUrl: 'https://a.example/install',
        message: expect.stringContaining(words) as string,
      });
    },
  );

  it('for anything else names nothing to grant', () => {
    expect(problemOf(undefined)).toMatchObject({ code: 'provider_refused' });
    expect(problemOf(undefined).connectUrl).toBeUndefined();
  });
});
