import { basename } from 'node:path';
import config from './jest.config.mjs';
import stryker from './stryker.config.mjs';

const [unit] = config.projects;
const names = stryker.mutate.map((file) => basename(file, '.ts'));

/** The specs of the files that Stryker changes, and no others. */
export default {
  ...unit,
  roots: ['<rootDir>/libs/core/src'],
  testRegex: `/(${names.join('|')})\\.spec\\.ts$`,
};
