import type { OptionsOf, Variables } from './variable.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigurationProblem {
  /** The environment variable, also when the value came from code. */
  variable: string;
  /** What is wrong and what was expected; never the value itself. */
  message: string;
}

export interface ReadOptions<V extends Variables> {
  /** Complete only when `problems` is empty. */
  options: OptionsOf<V>;
  problems: ConfigurationProblem[];
}

/**
 * Reads every setting: code wins over the environment, the environment over the default. Never
 * throws and never repeats a value in a problem, so that a misplaced secret is not printed.
 */
export function readOptions<V extends Variables>(
  variables: V,
  prefix: string,
  code: Partial<OptionsOf<V>>,
  environment: Environment,
): ReadOptions<V> {
  const options: Record<string, unknown> = {};
  const problems: ConfigurationProblem[] = [];
  for (const [key, variable] of Object.entries(variables)) {
    const name = `${prefix}${variable.env}`;
    const hint = `expected ${variable.expected}${variable.where ? `; ${variable.where}` : ''}`;
    const given: unknown = code[key as keyof typeof code];
    const text = environment[name];
    if (given !== undefined) {
      options[key] = variable.check(given);
      if (options[key] === undefined) {
        problems.push({ variable: name, message: `the option "${key}" is not usable; ${hint}` });
      }
    } else if (text !== undefined && text !== '') {
      options[key] = variable.parse(text);
      if (options[key] === undefined)
        problems.push({ variable: name, message: `not usable; ${hint}` });
    } else if (variable.required) {
      problems.push({ variable: name, message: `missing; ${hint}` });
    } else {
      options[key] = variable.default;
    }
  }
  for (const key of Object.keys(code)) {
    if (!Object.hasOwn(variables, key)) {
      problems.push({
        variable: `option "${key}"`,
        message: `unknown; expected one of ${Object.keys(variables).join(', ')}`,
      });
    }
  }
  return { options: options as OptionsOf<V>, problems };
}

/** The prefix of an app's variables: `FLINT_`, or `FLINT_EU_` for the app named `eu`. */
export function variablePrefix(provider: string, app: string): string {
  const upper = (text: string) => text.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase();
  return app === provider ? `${upper(provider)}_` : `${upper(provider)}_${upper(app)}_`;
}
