/** The verdicts and readers: pure functions, whose every mutant their own specs must kill. */
export default {
  mutate: [
    'libs/core/src/providers/read-token-answer.ts',
    'libs/core/src/providers/read-lifetime.ts',
    'libs/core/src/providers/read-id-token.ts',
    'libs/core/src/http/retry-after.ts',
    'libs/core/src/refresh/token-result.ts',
    'libs/core/src/money/decimal-amount.ts',
    'libs/core/src/webhooks/signed-message.ts',
    'libs/core/src/webhooks/verify-signature.ts',
  ],
  testRunner: 'jest',
  jest: { configFile: 'stryker.jest.mjs' },
  coverageAnalysis: 'perTest',
  reporters: ['clear-text'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  tempDirName: '.mutants/stryker',
  ignorePatterns: ['dist', '/.mutants', '/coverage', '/reports', '/test', '/bench', '/src', '/docs'],
  concurrency: 2,
  thresholds: { high: 100, low: 100, break: 100 },
};
