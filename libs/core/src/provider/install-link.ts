import { FlockError } from '../foundation/errors/flock.error.js';
import { identifierOf } from './read-json.js';

/**
 * The query of the install route, read parameter by parameter. What is refused is
 * `install_invalid_request` with the name and what was expected, never the value: that comes from
 * whoever made the link.
 */
export class InstallLink<N extends string> {
  /** @throws FlockError when the link has a parameter beside these */
  constructor(
    private readonly query: URLSearchParams,
    names: readonly N[],
  ) {
    const known = new Set<string>(names);
    if ([...query.keys()].every((name) => known.has(name))) return;
    throw new FlockError(
      'install_invalid_request',
      `This install link has an unknown parameter; expected only ${names.join(', ')} and return_to.`,
    );
  }

  /** One of the permitted values; the first where the link does not say. */
  choice(name: N, permitted: readonly string[]): string {
    const value = this.query.get(name) ?? permitted[0];
    if (value !== undefined && permitted.includes(value)) return value;
    throw refused(name, permitted.join(' or '));
  }

  /**
   * An id, of the permitted ones where these are given; `undefined` where the link names none.
   * @param what completes "expected …" where any id will do, such as `an id of a location`
   */
  id(name: N, what: string, permitted?: readonly string[]): string | undefined {
    const id = this.query.get(name) ?? '';
    if (id === '') return undefined;
    if (isPermitted(id, permitted)) return id;
    throw refused(name, permitted === undefined ? what : `one of ${permitted.join(', ')}`);
  }

  /** Several ids, separated by commas, each once; see {@link id}. */
  ids(name: N, what: string, permitted?: readonly string[]): string[] | undefined {
    const text = this.query.get(name) ?? '';
    if (text === '') return undefined;
    const ids = text.split(',').map((id) => id.trim());
    if (ids.every((id) => isPermitted(id, permitted))) return [...new Set(ids)];
    const some = permitted === undefined ? what : `some of ${permitted.join(', ')}`;
    throw refused(name, `${some}, separated by commas`);
  }
}

const isPermitted = (id: string, permitted?: readonly string[]): boolean =>
  identifierOf(id) !== undefined && (permitted?.includes(id) ?? true);

const refused = (name: string, expected: string): FlockError =>
  new FlockError(
    'install_invalid_request',
    `The parameter "${name}" of this install link is not usable: expected ${expected}.`,
  );
