const swc = (syntax) => [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: syntax === 'typescript' ? { syntax, decorators: true } : { syntax },
      ...(syntax === 'typescript' && {
        transform: { legacyDecorator: true, decoratorMetadata: true },
      }),
    },
    module: { type: 'commonjs' },
  },
];

/** Jest 30 cannot require() ES modules before Node 24.9, so everything is compiled to CommonJS, dependencies included. */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  transform: {
    [String.raw`\.ts$`]: swc('typescript'),
    [String.raw`\.m?js$`]: swc('ecmascript'),
  },
  transformIgnorePatterns: [],
  moduleNameMapper: {
    '^@nest-flock/core/testing$': '<rootDir>/libs/core/src/testing/index.ts',
    '^@nest-flock/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    [String.raw`^(\.{1,2}/.*)\.js$`]: '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/libs/[^/]+/dist/'],
};

export default {
  testTimeout: 30_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      roots: ['<rootDir>/src', '<rootDir>/libs'],
      testRegex: String.raw`(?<!e2e-)spec\.ts$`,
    },
    {
      ...shared,
      displayName: 'e2e',
      roots: ['<rootDir>/test'],
      testRegex: String.raw`e2e-spec\.ts$`,
    },
  ],
  coverageProvider: 'v8',
  collectCoverageFrom: ['libs/*/src/**/*.ts', '!**/*.spec.ts', '!**/index.ts'],
};
