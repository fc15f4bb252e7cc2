import 'reflect-metadata';
import { providerContract } from '@nest-flock/core/testing';
import { acme } from './contract/acme.js';
import { flexPay } from './contract/flex-pay.js';
import { flinksPay } from './contract/flinks-pay.js';
import { flint } from './contract/flint.js';
import { flute } from './contract/flute.js';
import { fynd } from './contract/fynd.js';
import { harborMachines } from './contract/harbor-machines.js';
import { harbor } from './contract/harbor.js';

/** Every provider is held to the same: ours, and those of host apps. */
for (const subject of [flint, flinksPay, fynd, flute, flexPay, acme, harbor, harborMachines]) {
  providerContract(subject);
}
