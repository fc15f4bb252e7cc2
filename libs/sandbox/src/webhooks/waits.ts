/** Waits that can be cut short, each under a key. */
export class Waits<K> {
  private readonly running = new Map<K, () => void>();

  /** Resolves to true after `ms`, to false when it was cut short. */
  async of(key: K, ms: number): Promise<boolean> {
    if (ms <= 0) return true;
    const elapsed = await new Promise<boolean>((resolve) => {
      // A process that has nothing else to do need not stay for it.
      const timer = setTimeout(() => resolve(true), ms).unref();
      this.running.set(key, () => {
        clearTimeout(timer);
        resolve(false);
      });
    });
    this.running.delete(key);
    return elapsed;
  }

  cut(key: K): void {
    this.running.get(key)?.();
  }

  cutAll(): void {
    for (const cut of [...this.running.values()]) cut();
  }
}
