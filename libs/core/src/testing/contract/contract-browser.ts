/** What came for a request. Redirects are not followed. */
export interface BrowserPage {
  readonly url: string;
  readonly status: number;
  /** Absolute. */
  readonly location?: string;
  readonly headers: Headers;
  readonly text: string;
}

/** A merchant's browser: keeps the cookies of each origin and goes where it is told. */
export class ContractBrowser {
  private readonly jars = new Map<string, Map<string, string>>();

  /** @param seen is told of every page */
  constructor(private readonly seen: (page: BrowserPage) => void = () => undefined) {}

  /** Values of all its cookies. */
  get cookies(): string[] {
    return [...this.jars.values()].flatMap((jar) => [...jar.values()]);
  }

  async open(url: string, init: { method?: string; body?: string } = {}): Promise<BrowserPage> {
    const jar = this.jar(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        ...(cookie !== '' && { cookie }),
        ...(init.body !== undefined && form),
      },
    });
    for (const line of response.headers.getSetCookie()) keep(jar, line);
    const location = response.headers.get('location');
    const page = {
      url,
      status: response.status,
      ...(location !== null && { location: new URL(location, url).href }),
      headers: response.headers,
      text: await response.text(),
    };
    this.seen(page);
    return page;
  }

  private jar(url: string): Map<string, string> {
    const { origin } = new URL(url);
    const jar = this.jars.get(origin) ?? new Map<string, string>();
    this.jars.set(origin, jar);
    return jar;
  }
}

function keep(jar: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';');
  const equals = pair.indexOf('=');
  const ended = attributes.some((attribute) => /^\s*(max-age=0|expires=.*1970)/i.test(attribute));
  if (ended) jar.delete(pair.slice(0, equals));
  else jar.set(pair.slice(0, equals), pair.slice(equals + 1));
}
