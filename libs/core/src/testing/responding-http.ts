import { of } from 'rxjs';
import type { Observable } from 'rxjs';

export interface TestApiRequest {
  readonly method: string;
  readonly url: string;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export type Responder = (request: TestApiRequest) => { status: number; data?: unknown };

interface Config {
  method: string;
  url: string;
  params?: unknown;
  data?: unknown;
  headers: Record<string, string>;
}

/** The part of HttpService that API clients use, answered by the test. */
export function respondingHttp(respond: Responder = () => ({ status: 501 })): {
  request(config: Config): Observable<unknown>;
} {
  return {
    request: ({ method, url, params, data, headers }) => {
      const answer = respond({ method, url, query: params, body: data, headers });
      return of({ status: answer.status, data: answer.data, headers: {} });
    },
  };
}
