/** The customer whose base URL is the mount itself. */
export const DEFAULT_CUSTOMER = 'default';

/** One customer: a base URL and a credential. */
export class FlinksPayCustomer {
  constructor(
    readonly name: string,
    readonly username: string,
    /** `replacePassword()` changes it. */
    public password: string,
    private readonly mount: () => string,
  ) {}

  /** Base URL, e.g. `http://127.0.0.1:4010/flinks-pay/birch`. */
  get url(): string {
    return this.name === DEFAULT_CUSTOMER ? this.mount() : `${this.mount()}/${this.name}`;
  }
}
