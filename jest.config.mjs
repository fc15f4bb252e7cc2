import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// Those of the project, also for a copy of it in one of its folders.
const jest = createRequire(import.meta.url).resolve('jest/package.json');
const modules = join(dirname(jest), '..');

/** Names of the installed packages that are ES modules. */
function esmPackages() {
  const names = readdirSync(modules).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((one) => `${name}/${one}`) : [name],
  );
  return names.filter((name) => {
    const file = join(modules, name, 'package.json');
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).type === 'module';
  });
}

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

/** Jest 30 cannot require() ES modules before Node 24.9, so they are compiled to CommonJS, those of dependencies included. */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  transform: {
    [String.raw`\.ts$`]: swc('typescript'),
    [String.raw`\.m?js$`]: swc('ecmascript'),
  },
  // Packages within packages are compiled whatever they are: there are few.
  transformIgnorePatterns: [
    `^${join(modules, '/')}(?!(?:${esmPackages().join('|')})/)(?:(?!/node_modules/).)*\\.js$`,
  ],
  moduleNameMapper: {
    '^@nest-flock/core/provider$': '<rootDir>/libs/core/src/for-providers.ts',
    '^@nest-flock/core/fleet$': '<rootDir>/libs/core/src/for-fleets.ts',
    '^@nest-flock/core/testing$': '<rootDir>/libs/core/src/testing/index.ts',
    '^@nest-flock/flint/administration$': '<rootDir>/libs/flint/src/administration/index.ts',
    '^@nest-flock/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    [String.raw`^(\.{1,2}/.*)\.js$`]: '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/libs/[^/]+/dist/'],
};

export default {
  // Only bounds a failing test, on a machine that is busy with other work as well.
  testTimeout: 60_000,
  reporters: ['default', '<rootDir>/test/support/tell-progress.mjs'],
  testSequencer: '<rootDir>/test/support/long-suites-first.mjs',
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
  collectCoverageFrom: [
    'libs/*/src/**/*.ts',
    '!**/*.spec.ts',
    '!**/index.ts',
    '!libs/core/src/for-*.ts',
  ],
};
