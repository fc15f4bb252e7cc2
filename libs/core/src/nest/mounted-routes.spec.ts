import { Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { ProviderRegistry } from '../provider/provider.registry.js';
import { MountedRoutes } from './mounted-routes.js';

describe('the mapped routes', () => {
  const app = {
    definition: { title: 'Flint' },
    name: 'flint',
    redirectUri: 'https://a.example/flint/callback',
    routes: { callback: '/flint/callback' },
  };
  const check = (instance: unknown) =>
    new MountedRoutes(
      { httpAdapter: { getInstance: () => instance } } as unknown as HttpAdapterHost,
      { list: () => [app] } as unknown as ProviderRegistry,
    ).assertMounted();
  const express = (...paths: unknown[]) => ({
    router: { stack: [{}, ...paths.map((path) => ({ route: { path } }))] },
  });
  const fastify = (...urls: string[]) => ({
    hasRoute: ({ url }: { url: string }) => urls.includes(url),
  });

  afterEach(() => jest.restoreAllMocks());

  it.each([
    ['Express', express(/x/, '/flint/callback')],
    ['Fastify', fastify('/flint/callback')],
    // A host without HTTP, such as a worker.
    ['nothing', undefined],
  ])('of %s are right', (_name, instance) => expect(() => check(instance)).not.toThrow());

  it.each([
    ['under a prefix', express('/v1/flint/callback'), '/v1/flint/callback'],
    ['nowhere on Express', express('/'), '…/flint/callback'],
    ['nowhere on Fastify', fastify(), '…/flint/callback'],
  ])('are told of where a callback is %s', (_where, instance, mapped) => {
    expect(() => check(instance)).toThrow(
      `the redirect URI is /flint/callback, but the callback is mapped at ${mapped}.`,
    );
  });

  it('of an adapter that does not list them are not compared, with a word', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    expect(() => check({ router: {} })).not.toThrow();
    expect(() => check({})).not.toThrow();
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('cannot be listed'));
  });
});
