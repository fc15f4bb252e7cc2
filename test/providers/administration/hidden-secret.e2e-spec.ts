import { HiddenSecret } from '@nest-flock/core';
import { format, inspect } from 'node:util';

describe('a secret that is shown once', () => {
  const secret = new HiddenSecret('fps_hidden');

  it('P54: is given when it is asked for', () => {
    expect(secret.reveal()).toBe('fps_hidden');
  });

  it.each<[string, (value: unknown) => string]>([
    ['inspect', (value) => inspect(value, { depth: 9, showHidden: true })],
    ['console.log', (value) => format('%s %o %j', value, value, value)],
    ['JSON', (value) => JSON.stringify(value)],
    ['a text', (value) => `${String(value)}`],
    ['spread', (value) => inspect({ ...(value as object) })],
    ['structuredClone', (value) => inspect(structuredClone({ ...(value as object) }))],
  ])('P54: %s does not show it', (_name, print) => {
    expect(print(secret)).not.toContain('fps_hidden');
    expect(print({ client: { secret } })).not.toContain('fps_hidden');
  });
});
