/** No file may lead back to itself, types included: libraries, host app, tests and benchmarks. Nor may a door load another's. */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      // Who only installs merchants loads none of it.
      name: 'administration-apart',
      severity: 'error',
      from: { path: '^libs/flint/src/[^/]+$' },
      to: { path: '^libs/flint/src/administration/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules)/' },
  },
};
