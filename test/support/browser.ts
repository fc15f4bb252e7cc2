import { request } from 'undici';
import type { Dispatcher } from 'undici';

export interface Page {
  readonly status: number;
  readonly location?: string;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly cookies: readonly string[];
  readonly text: string;
}

/** What a browser does for the install flow: keeps cookies, follows nothing by itself. */
export class Browser {
  private readonly jar = new Map<string, string>();

  constructor(private readonly origin: string) {}

  get cookies(): ReadonlyMap<string, string> {
    return this.jar;
  }

  clone(): Browser {
    const copy = new Browser(this.origin);
    for (const [name, value] of this.jar) copy.jar.set(name, value);
    return copy;
  }

  async open(
    url: string,
    options: {
      method?: string;
      headers?: Record<string, string>;
      cookies?: boolean;
      /** Another way to the server, such as from another address. */
      dispatcher?: Dispatcher;
    } = {},
  ): Promise<Page> {
    const target = new URL(url, this.origin);
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await request(target, {
      method: (options.method ?? 'GET') as 'GET',
      headers: {
        accept: 'text/html',
        ...(cookie !== '' && options.cookies !== false && { cookie }),
        ...options.headers,
      },
      ...(options.dispatcher && { dispatcher: options.dispatcher }),
    });
    const text = await response.body.text();
    const set = response.headers['set-cookie'];
    const cookies = set === undefined ? [] : Array.isArray(set) ? set : [set];
    for (const line of cookies) this.keep(line);
    const { location } = response.headers;
    return {
      status: response.statusCode,
      ...(typeof location === 'string' && { location }),
      headers: response.headers,
      cookies,
      text,
    };
  }

  private keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';');
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals);
    if (attributes.some((attribute) => attribute.trim() === 'Max-Age=0')) this.jar.delete(name);
    else this.jar.set(name, pair.slice(equals + 1));
  }
}
