// What a browser does at an install: keeps cookies, follows nothing by itself. Each request goes to a
// host that lives, as a balancer would send it.
export class Browser {
  #jar = new Map();

  constructor(anyHost) {
    this.anyHost = anyHost;
  }

  /** @param target a path, or a URL of which only path and query count */
  async open(target, headers = {}) {
    const { pathname, search } = new URL(target, 'http://localhost');
    const host = this.anyHost();
    if (host === undefined) throw new Error('no host lives');
    const cookie = [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(`${host.url}${pathname}${search}`, {
      redirect: 'manual',
      headers: { accept: 'text/html', ...(cookie !== '' && { cookie }), ...headers },
      signal: AbortSignal.timeout(60_000),
    });
    await response.arrayBuffer();
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return { status: response.status, location: response.headers.get('location') ?? undefined };
  }

  #keep(line) {
    const [pair = '', ...attributes] = line.split(';');
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals);
    if (attributes.some((one) => one.trim() === 'Max-Age=0')) this.#jar.delete(name);
    else this.#jar.set(name, pair.slice(equals + 1));
  }
}
