import type { HttpAdapterHost } from '@nestjs/core';
import { randomBytes } from 'node:crypto';

export interface PageToSend {
  /** Styles and scripts are in the page and carry the nonce. */
  readonly render: (nonce: string) => string;
  /** Who may show it in a frame. Default: nobody. */
  readonly frameAncestors?: string;
}

/** Answers a page that nobody stores and that runs nothing but its own script. */
export function sendPage(
  adapter: HttpAdapterHost['httpAdapter'],
  response: unknown,
  { render, frameAncestors = "'none'" }: PageToSend,
): void {
  const nonce = randomBytes(16).toString('base64');
  adapter.setHeader(response, 'Content-Type', 'text/html; charset=utf-8');
  adapter.setHeader(response, 'Cache-Control', 'no-store');
  adapter.setHeader(
    response,
    'Content-Security-Policy',
    `default-src 'none'; connect-src 'self'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'self'; frame-ancestors ${frameAncestors}`,
  );
  adapter.reply(response, render(nonce), 200);
}
