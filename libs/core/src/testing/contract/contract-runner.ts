/** The test runner, as far as the contract uses it: Jest's and Vitest's globals fit, and so do imports. */
export interface ContractRunner {
  readonly describe: (name: string, body: () => void) => void;
  readonly it: (name: string, body: () => Promise<void>) => void;
  readonly beforeAll: (body: () => Promise<void>) => void;
  readonly afterAll: (body: () => Promise<void>) => void;
}

/** The globals of the running test runner. */
export function globalRunner(): ContractRunner {
  const globals = globalThis as unknown as ContractRunner;
  if (typeof globals.describe === 'function' && typeof globals.beforeAll === 'function') {
    return globals;
  }
  throw new Error(
    'There is no describe and beforeAll here; give providerContract the functions of your test runner.',
  );
}
