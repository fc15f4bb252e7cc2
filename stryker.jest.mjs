import config from './jest.config.mjs';

const [unit] = config.projects;

export default {
  ...unit,
  testRegex: String.raw`/(providers|http|refresh|money|webhooks)/[^/]+\.spec\.ts$`,
  roots: ['<rootDir>/libs/core/src'],
};
