/**
 * How host code names a connection. A ref that matches several connections is the error
 * `connection_ambiguous`, never a guess.
 */
export type ConnectionRef =
  | string
  | { readonly id: string }
  | {
      readonly provider: string;
      readonly app?: string;
      readonly environment?: string;
      readonly account: string;
      readonly owner?: undefined;
    }
  | {
      readonly provider: string;
      readonly app?: string;
      readonly environment?: string;
      readonly account?: undefined;
      readonly owner: string;
    };

/** A ref by anything but the id. */
export type ConnectionQuery = Exclude<ConnectionRef, string | { readonly id: string }>;

export function idOf(ref: ConnectionRef): string | undefined {
  if (typeof ref === 'string') return ref;
  return 'id' in ref ? ref.id : undefined;
}

/** For messages: names what was asked for, all of it the host's own words. */
export function describeRef(ref: ConnectionRef): string {
  const id = idOf(ref);
  if (id !== undefined) return `connection ${id}`;
  const { provider, app, environment, account, owner } = ref as ConnectionQuery;
  const place = [app, environment].filter((part) => part !== undefined).join('/');
  const who = account === undefined ? `owner ${owner}` : `account ${account}`;
  return `${provider}${place === '' ? '' : ` (${place})`}, ${who}`;
}
