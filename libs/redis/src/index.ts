export { FlockRedisModule } from './flock-redis.module.js';
export type { FlockRedisAsyncOptions } from './flock-redis.module.js';
export type { FlockRedisOptions, RedisFactory } from './flock-redis.options.js';
export { DELIVERY_QUEUE } from './bull-delivery-queue.js';
