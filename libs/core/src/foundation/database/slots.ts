/**
 * So many at once, the others in line. A driver's pool would let them wait only as long as for a
 * connection that cannot be made, and then fail what was merely late.
 */
export class Slots {
  private free: number;
  private readonly first: (() => void)[] = [];
  private readonly others: (() => void)[] = [];

  constructor(size: number) {
    this.free = size;
  }

  /** `ahead`: before those who wait in line. */
  async run<T>(work: () => Promise<T>, ahead = false): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else {
      await new Promise<void>((resolve) => (ahead ? this.first : this.others).push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.first.shift() ?? this.others.shift();
      if (next === undefined) this.free += 1;
      else next();
    }
  }
}
