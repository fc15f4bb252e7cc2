/** Without the slashes at its end: paths are put behind it. */
export const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

/** Read again whenever the provider rejects the secret; may ask a vault. */
export type SecretResolver = () => string | Promise<string>;
export type Secret = string | SecretResolver;

/** One setting: given in code under its key, or by an environment variable. */
export interface Variable<T> {
  /** The variable's name without the prefix: `CLIENT_ID` becomes `FLINT_CLIENT_ID`. */
  readonly env: string;
  /** What a correct value looks like, completing "expected …". */
  readonly expected: string;
  /** Where a person gets the value. */
  readonly where?: string;
  readonly default?: T;
  readonly required: boolean;
  /** From the environment's text; `undefined` means unusable. */
  parse(text: string): T | undefined;
  /** From code; `undefined` means unusable. */
  check(value: unknown): T | undefined;
}

export type Variables = Record<string, Variable<unknown>>;
export type OptionsOf<V extends Variables> = {
  [K in keyof V]: V[K] extends Variable<infer T> ? T : never;
};

interface Spec<T> {
  env: string;
  expected?: string;
  where?: string;
  default?: T;
}

interface OptionalSpec {
  env: string;
  expected?: string;
  where?: string;
}

function build<T>(
  spec: Spec<T>,
  expected: string,
  read: (value: unknown) => T | undefined,
): Variable<T> {
  return {
    env: spec.env,
    expected: spec.expected ?? expected,
    where: spec.where,
    default: spec.default,
    required: spec.default === undefined,
    parse: read,
    check: read,
  };
}

const optional = <T>(variable: Variable<T>): Variable<T | undefined> => ({
  ...variable,
  required: false,
});

const readText = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

function readUrl(value: unknown): string | undefined {
  const text = readText(value);
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const clean = url.username === '' && url.password === '' && url.hash === '';
  return clean && (url.protocol === 'https:' || url.protocol === 'http:') ? text : undefined;
}

function readBaseUrl(value: unknown): string | undefined {
  const url = readUrl(value);
  return url && withoutSlash(url);
}

function readList(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value)) {
    return value.every((item) => typeof item === 'string') ? value : undefined;
  }
  const text = readText(value);
  return text
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function readFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  return undefined;
}

const readNumber =
  (min: number, max: number) =>
  (value: unknown): number | undefined => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && number >= min && number <= max ? number : undefined;
  };

const readSecret = (value: unknown): Secret | undefined =>
  typeof value === 'function' ? (value as SecretResolver) : readText(value);

function readSecrets(value: unknown): readonly Secret[] | undefined {
  const given = typeof value === 'string' ? value.split(',') : value;
  const secrets = (Array.isArray(given) ? given : [given]).map(readSecret);
  return secrets.every((secret) => secret !== undefined) ? secrets : undefined;
}

/** Builders for the settings of a provider (see `defineProvider`). */
const URL_EXPECTED = 'an absolute https URL without user name or fragment';

export const variable = {
  text: (spec: Spec<string>): Variable<string> => build(spec, 'a text', readText),
  optionalText: (spec: OptionalSpec) => optional(build<string>(spec, 'a text', readText)),
  url: (spec: Spec<string>): Variable<string> => build(spec, URL_EXPECTED, readUrl),
  optionalUrl: (spec: OptionalSpec) => optional(build<string>(spec, URL_EXPECTED, readUrl)),
  /** A URL that paths are put behind: slashes at its end are dropped. */
  baseUrl: (spec: Spec<string>): Variable<string> => build(spec, URL_EXPECTED, readBaseUrl),
  optionalBaseUrl: (spec: OptionalSpec) => optional(build<string>(spec, URL_EXPECTED, readBaseUrl)),
  optionalSecret: (spec: OptionalSpec) =>
    optional(build<Secret>(spec, 'a secret, or a function that resolves to it', readSecret)),
  secret: (spec: Spec<Secret>): Variable<Secret> =>
    build(spec, 'a secret, or a function that resolves to it', readSecret),
  /** Several secrets of one purpose, newest first, while one replaces the other. */
  secrets: (spec: OptionalSpec): Variable<readonly Secret[]> => ({
    ...build<readonly Secret[]>(
      { ...spec, default: [] },
      'secrets, newest first, separated by commas',
      readSecrets,
    ),
    required: false,
  }),
  list: (spec: Spec<readonly string[]>): Variable<readonly string[]> =>
    build(spec, 'a list, separated by commas', readList),
  optionalList: (spec: OptionalSpec) =>
    optional(build<readonly string[]>(spec, 'a list, separated by commas', readList)),
  flag: (spec: Spec<boolean>): Variable<boolean> => build(spec, '"true" or "false"', readFlag),
  /** A value of any shape; from the environment as JSON. `read` gives `undefined` for what is unusable. */
  custom: <T>(
    spec: Spec<T> & { expected: string; read: (value: unknown) => T | undefined },
  ): Variable<T> => ({
    ...build<T>(spec, spec.expected, spec.read),
    parse: (text) => {
      try {
        return spec.read(JSON.parse(text));
      } catch {
        return undefined;
      }
    },
  }),
  number: (spec: Spec<number> & { min: number; max: number }): Variable<number> =>
    build(spec, `a number from ${spec.min} to ${spec.max}`, readNumber(spec.min, spec.max)),
  optionalNumber: (spec: OptionalSpec & { min: number; max: number }) =>
    optional(
      build<number>(
        spec,
        `a number from ${spec.min} to ${spec.max}`,
        readNumber(spec.min, spec.max),
      ),
    ),
  choice: <const C extends string>(
    spec: Spec<NoInfer<C>> & { choices: readonly C[] },
  ): Variable<C> =>
    build<C>(spec, `one of ${spec.choices.join(', ')}`, (value) =>
      spec.choices.find((choice) => choice === value),
    ),
};
