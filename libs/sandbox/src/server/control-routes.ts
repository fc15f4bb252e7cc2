/** What a control route gets: the JSON body (an empty object when there is none) and the query. */
export interface ControlInput {
  readonly body: Record<string, unknown>;
  readonly query: URLSearchParams;
}

/** `METHOD path` to a function that returns what is answered as JSON, or a promise of it. */
export type ControlRoutes = Readonly<Record<string, (input: ControlInput) => unknown>>;
