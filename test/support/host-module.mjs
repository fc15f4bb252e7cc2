import { Injectable, Module } from '@nestjs/common';
import { FlockModule, OnConnection } from '@nest-flock/core';
import { FlintModule } from '@nest-flock/flint';
import { KmsKeys } from './kms-keys.mjs';

/** Tells the test which deliveries it was called with. */
class Handler {
  tell(delivery) {
    process.send?.({ handled: delivery.id });
  }
}
Injectable()(Handler);
OnConnection('*')(
  Handler.prototype,
  'tell',
  Object.getOwnPropertyDescriptor(Handler.prototype, 'tell'),
);

const redisModule = async (options) => {
  const { FlockRedisModule } = await import('@nest-flock/redis');
  return FlockRedisModule.forRoot(options);
};

/** The root module of a host process of the tests: the same for an instance and for a command. */
export async function hostModule({ flock, flint, kms, redis }) {
  class Host {}
  const keyProvider = kms && new KmsKeys(kms);
  Module({
    imports: [
      FlockModule.forRoot({ ...flock, keyProvider }),
      FlintModule.forRoot({ ...flint, controllers: false }),
      ...(redis === undefined ? [] : [await redisModule(redis)]),
    ],
    providers: [Handler],
  })(Host);
  return Host;
}
