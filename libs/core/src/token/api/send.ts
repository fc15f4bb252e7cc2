import type { HttpService } from '@nestjs/axios';
import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { firstValueFrom } from 'rxjs';
import { FlockError } from '../../foundation/errors/flock.error.js';
import { NEVER_CONNECTED } from '../../foundation/http/never-connected.js';
import { A_READ, unanswered } from './unanswered.js';
import type { ApiWrite } from './unanswered.js';

/**
 * One call to a provider's API: every status is an answer, redirects are not followed.
 * @throws FlockError `provider_unavailable` or `outcome_unknown` without the cause: an axios error holds the request, and
 * with it the token. The caller's own abort is passed on as it is.
 */
export async function send<T>(
  http: HttpService,
  title: string,
  config: AxiosRequestConfig,
  write: ApiWrite = A_READ,
): Promise<AxiosResponse<T>> {
  try {
    return await firstValueFrom(
      http.request<T>({ ...config, maxRedirects: 0, validateStatus: () => true }),
    );
  } catch (error) {
    (config.signal as AbortSignal | undefined)?.throwIfAborted();
    const code = (error as { code?: unknown }).code;
    const name = typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code : 'network error';
    throw NEVER_CONNECTED.has(name)
      ? new FlockError(
          'provider_unavailable',
          `${title} could not be reached (${name}); nothing was sent.`,
          { outcome: 'not_sent' },
        )
      : unanswered(`${title} gave no answer (${name}).`, write);
  }
}
