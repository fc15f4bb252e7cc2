import { Agent as HttpAgent, request as httpRequest, type ClientRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** What became of one request. */
export type Posted = { readonly status: number } | { readonly error: string };

// Idle sockets go before a Node server closes them (5 s), so that none is found closed on use.
const AGENT = { keepAlive: true, maxSockets: 256, timeout: 2_000 };

/** Posts over connections that stay open. Follows no redirect. */
export class HttpPoster {
  private readonly http = new HttpAgent(AGENT);
  private readonly https = new HttpsAgent(AGENT);
  private readonly underWay = new Set<ClientRequest>();

  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    timeoutMs: number,
  ): Promise<Posted> {
    const secure = url.startsWith('https:');
    const bytes = Buffer.from(body);
    return new Promise((resolve) => {
      const options = {
        method: 'POST',
        agent: secure ? this.https : this.http,
        headers: { 'content-length': bytes.length, ...headers },
      };
      const request = secure ? httpsRequest(url, options) : httpRequest(url, options);
      this.underWay.add(request);
      const timer = setTimeout(() => request.destroy(new Error('timeout')), timeoutMs);
      const end = (posted: Posted): void => {
        clearTimeout(timer);
        this.underWay.delete(request);
        resolve(posted);
      };
      request
        .on('response', (response) => {
          const { statusCode: status = 0 } = response;
          response
            .on('end', () => end({ status }))
            .on('error', (error) => end({ error: wordFor(error) }))
            .resume();
        })
        .on('error', (error) => end({ error: wordFor(error) }))
        .end(bytes);
    });
  }

  /** Cuts what is under way and closes every socket. */
  close(): void {
    for (const request of this.underWay) request.destroy(new Error('stopped'));
    this.http.destroy();
    this.https.destroy();
  }
}

function wordFor(error: Error & { readonly code?: string }): string {
  return error.code ?? error.message;
}
