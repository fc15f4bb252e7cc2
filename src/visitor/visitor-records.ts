import { NotFoundException } from '@nestjs/common';

const PER_VISITOR = 10;
const VISITORS = 1_000;

/**
 * What each visitor has started, newest first, so that nobody asks for somebody else's. Stands in
 * for a table of the host; keeps the last few in memory.
 */
export class VisitorRecords<T extends { readonly id: string }> {
  private readonly byVisitor = new Map<string, readonly T[]>();

  list(visitor: string): readonly T[] {
    return this.byVisitor.get(visitor) ?? [];
  }

  /** @throws NotFoundException also when it is another visitor's */
  get(visitor: string, id: string): T {
    const found = this.list(visitor).find((one) => one.id === id);
    if (found === undefined) throw new NotFoundException('You have started nothing of this id.');
    return found;
  }

  /** Adds it, or puts it in the place of the one with its id. */
  put(visitor: string, record: T): T {
    const others = this.list(visitor);
    const at = others.findIndex(({ id }) => id === record.id);
    const all = at < 0 ? [record, ...others] : others.with(at, record);
    this.byVisitor.delete(visitor);
    this.byVisitor.set(visitor, all.slice(0, PER_VISITOR));
    const [oldest] = this.byVisitor.keys();
    if (this.byVisitor.size > VISITORS && oldest !== undefined) this.byVisitor.delete(oldest);
    return record;
  }
}
