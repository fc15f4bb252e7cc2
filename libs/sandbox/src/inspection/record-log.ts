/** Records in the order they came in; past `limit` the oldest quarter is dropped. */
export class RecordLog<T> {
  private readonly records: T[] = [];
  private dropped = 0;

  constructor(private readonly limit = 250_000) {}

  /** A live view, oldest first. */
  get all(): readonly T[] {
    return this.records;
  }

  /** How many there have ever been since the last `clear()`. */
  get total(): number {
    return this.records.length + this.dropped;
  }

  add(record: T): T {
    this.records.push(record);
    if (this.records.length > this.limit) {
      this.dropped += this.records.splice(0, Math.ceil(this.limit / 4)).length;
    }
    return record;
  }

  /** At most `limit` records from position `after` on; `next` is where to go on, if there is more. */
  slice(after: number, limit: number): { data: readonly T[]; total: number; next?: number } {
    const from = Math.max(after, this.dropped);
    const data = this.records.slice(from - this.dropped, from - this.dropped + limit);
    const next = from + data.length;
    return { data, total: this.total, ...(next < this.total && { next }) };
  }

  clear(): void {
    this.records.length = 0;
    this.dropped = 0;
  }
}
