/** Every secret value that was issued or received, so that a test can look for leaks of any of them. */
export class SecretRegister {
  private readonly values = new Set<string>();

  /** Remembers a value and hands it back. */
  note(value: string): string {
    if (value !== '') this.values.add(value);
    return value;
  }

  list(): string[] {
    return [...this.values];
  }
}
