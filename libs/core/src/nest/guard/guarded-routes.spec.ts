import { UseGuards } from '@nestjs/common';
import { MetadataScanner, Reflector } from '@nestjs/core';
import { ConnectionGuard } from './connection.guard.js';
import { GuardedRoutes } from './guarded-routes.js';
import { UseApp, UseEnvironment } from './guard-metadata.js';

class AcmeGuard extends ConnectionGuard {
  static readonly provider = 'acme';
}

@UseGuards(AcmeGuard)
class OrdersController {
  @UseEnvironment('live')
  live(): void {}

  @UseEnvironment('lvie')
  misspelt(): void {}

  @UseApp('other')
  elsewhere(): void {}

  any(): void {}
}

@UseGuards(AcmeGuard)
class ClearController {
  @UseEnvironment('live')
  live(): void {}
}

describe('guarded routes', () => {
  const check = (names: string[], controllers: unknown[] = [OrdersController]) =>
    new GuardedRoutes(
      { getControllers: () => controllers.map((metatype) => ({ metatype })) } as never,
      new MetadataScanner(),
      new Reflector(),
      {
        list: () => names.map((name) => ({ name, definition: { environments: ['test', 'live'] } })),
      } as never,
    ).assertClear();
  const problems = (names: string[]) => {
    try {
      check(names);
      return [];
    } catch (error) {
      return (error as Error).message.split('\n').slice(1);
    }
  };

  it('are clear where they name an app and an environment that there is', () => {
    // A controller that a factory makes has no class to look at.
    expect(() => check(['main'], [ClearController, undefined])).not.toThrow();
  });

  it('are told of, each with what it may name', () => {
    expect(problems(['main'])).toEqual([
      '  - OrdersController.misspelt (acme): expected @UseEnvironment with one of test, live',
      '  - OrdersController.elsewhere (acme): expected @UseApp with one of main',
    ]);
    expect(problems(['main', 'other'])).toContain(
      '  - OrdersController.any (acme): expected @UseApp with one of main, other',
    );
    expect(problems([])).toContain(
      '  - OrdersController.any (acme): expected @UseApp with one of no registered app',
    );
  });
});
