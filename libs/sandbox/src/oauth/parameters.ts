/** The parameters of a query or form, each allowed once. */
export class Parameters {
  private readonly values = new Map<string, string>();
  /** Names that came more than once. */
  readonly repeated: readonly string[];

  constructor(source: string) {
    const repeated = new Set<string>();
    for (const [name, value] of new URLSearchParams(source)) {
      if (this.values.has(name)) repeated.add(name);
      this.values.set(name, value);
    }
    this.repeated = [...repeated];
  }

  /** `undefined` when it is missing or empty. */
  get(name: string): string | undefined {
    return this.values.get(name) || undefined;
  }

  has(name: string): boolean {
    return this.values.has(name);
  }
}
