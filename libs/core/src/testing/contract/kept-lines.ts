import type { LoggerService } from '@nestjs/common';
import { inspect } from 'node:util';

/** A logger that keeps every line of every level, as one that prints all it is given would. */
export class KeptLines implements LoggerService {
  readonly lines: string[] = [];

  readonly log = this.keep.bind(this);
  readonly error = this.keep.bind(this);
  readonly warn = this.keep.bind(this);
  readonly debug = this.keep.bind(this);
  readonly verbose = this.keep.bind(this);
  readonly fatal = this.keep.bind(this);

  private keep(...parts: readonly unknown[]): void {
    const text = (part: unknown) => (typeof part === 'string' ? part : inspect(part, { depth: 8 }));
    this.lines.push(parts.map(text).join(' '));
  }
}
