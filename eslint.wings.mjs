/** The wings of `libs/core/src`, in order: each imports only from those before it. This list is the architecture. */
export const WINGS = [
  'foundation',
  'provider',
  'inbox',
  'connection',
  'token',
  'lifecycle',
  'install',
  'webhook',
  'nest',
];

/** What the package shows to hosts, to authors of providers, and to what joins instances: after all wings. */
const DOORS = ['index', 'for-providers', 'for-fleets'];

/** For each wing: what it may not import, types included, and a message that says what it may. */
export default WINGS.map((wing, at) => {
  const later = [...WINGS.slice(at + 1), 'testing', ...DOORS];
  const before = WINGS.slice(0, at);
  return {
    files: [`libs/core/src/${wing}/**/*.ts`],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${later.join('|')})(/|\\.js$)`,
              message: `${wing}/ may import only: ${before.join(', ') || 'nothing of ours'}.`,
            },
          ],
        },
      ],
    },
  };
});
