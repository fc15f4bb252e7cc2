export { FlockTestingModule } from './flock-testing.module.js';
export type { FlockTestingOptions } from './flock-testing.module.js';
export { testDelivery } from './test-delivery.js';
export { TestConnections } from './test-connections.js';
export type { TestConnection } from './test-connections.js';
export type { Responder, TestApiRequest } from './responding-http.js';
export { providerContract } from './contract/provider-contract.js';
export { ContractBrowser } from './contract/contract-browser.js';
export type { BrowserPage } from './contract/contract-browser.js';
export type { ContractHost } from './contract/contract-host.js';
export type { ContractRunner } from './contract/contract-runner.js';
export type {
  ContractCapabilities,
  ContractChoice,
  ContractPlace,
  ContractProvider,
  ContractSubject,
} from './contract/contract-subject.js';
