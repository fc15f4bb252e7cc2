export { FlockTestingModule } from './flock-testing.module.js';
export type { FlockTestingOptions } from './flock-testing.module.js';
export { TestConnections } from './test-connections.js';
export type { TestConnection } from './test-connections.js';
export type { Responder, TestApiRequest } from './responding-http.js';
