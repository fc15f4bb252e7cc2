import type { HttpService } from '@nestjs/axios';
import type { AxiosRequestConfig } from 'axios';
import { of } from 'rxjs';
import type { RegisteredApp } from '../../provider/registered-app.js';
import { AdministrationClient } from './administration-client.js';
import { RememberedSecret } from './remembered-secret.js';

describe('a secret of the host’s own', () => {
  let asked: number;
  const resolve = () => `secret-${(asked += 1)}`;

  beforeEach(() => (asked = 0));

  it('is resolved once, and once more for all that were refused with it', async () => {
    const secret = new RememberedSecret(resolve, 'a secret');
    expect(await Promise.all([secret.value(), secret.value()])).toEqual(['secret-1', 'secret-1']);
    const renewed = await Promise.all([secret.fresh('secret-1'), secret.fresh('secret-1')]);
    expect(renewed).toEqual(['secret-2', 'secret-2']);
    // Who was refused with the one before takes the one that is known.
    expect(await secret.fresh('secret-1')).toBe('secret-2');
    expect(asked).toBe(2);
  });

  it('that could not be resolved is asked for again', async () => {
    let fails = true;
    const secret = new RememberedSecret(() => {
      if (fails) throw new Error('canary');
      return 'there';
    }, 'a secret');
    await expect(secret.value()).rejects.toMatchObject({ code: 'app_credentials_rejected' });
    fails = false;
    expect(await secret.value()).toBe('there');
  });

  it('is resolved anew for a call that wishes it', async () => {
    const sent: unknown[] = [];
    const http = {
      axiosRef: { defaults: {} },
      request: ({ headers }: AxiosRequestConfig) => {
        sent.push(headers?.authorization);
        return of({ status: 200, headers: {}, data: {} });
      },
    } as unknown as HttpService;
    const app = { definition: {}, endpoints: () => ({ api: 'https://api.example' }) };
    const client = new AdministrationClient(
      app as unknown as RegisteredApp,
      'live',
      http,
      new RememberedSecret(resolve, 'a secret'),
    );
    await client.get('/a');
    await client.get('/a');
    await client.get('/a', { fresh: true });
    expect(sent).toEqual(['Bearer secret-1', 'Bearer secret-1', 'Bearer secret-2']);
  });
});
