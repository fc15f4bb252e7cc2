/** Who is told of something, in the order in which they asked to be. */
export class Listeners {
  private readonly all: (() => void)[] = [];

  add(listener: () => void): void {
    this.all.push(listener);
  }

  tell(): void {
    for (const listener of this.all) listener();
  }
}
