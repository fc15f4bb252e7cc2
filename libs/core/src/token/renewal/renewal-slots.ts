/** A claim for one freed slot costs as much as one for many: so long others may join it. */
const PATIENCE_MS = 20;

/** Renewals of one queue that may run at once in this process. */
export class RenewalSlots {
  private running = 0;
  private wake: (() => void) | undefined;

  constructor(private readonly size: number) {}

  take(): void {
    this.running += 1;
  }

  give(): void {
    this.running -= 1;
    if (this.isWorthAClaim()) this.wake?.();
  }

  /** Waits until a quarter of the slots is free, or one has been for a moment; answers how many are. */
  async free(): Promise<number> {
    while (!this.isWorthAClaim()) {
      await this.pause();
      if (this.running < this.size) break;
    }
    return this.size - this.running;
  }

  private isWorthAClaim(): boolean {
    return (this.size - this.running) * 4 >= this.size;
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
    });
  }
}
