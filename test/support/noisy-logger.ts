import type { LoggerService } from '@nestjs/common';
import { inspect } from 'node:util';

/** Keeps every line of every level, as a logger that prints all it is given would. */
export class NoisyLogger implements LoggerService {
  readonly lines: string[] = [];

  private keep(...parts: unknown[]): void {
    this.lines.push(
      parts
        .map((part) => (typeof part === 'string' ? part : inspect(part, { depth: 8 })))
        .join(' '),
    );
  }

  log(...parts: unknown[]): void {
    this.keep(...parts);
  }
  error(...parts: unknown[]): void {
    this.keep(...parts);
  }
  warn(...parts: unknown[]): void {
    this.keep(...parts);
  }
  debug(...parts: unknown[]): void {
    this.keep(...parts);
  }
  verbose(...parts: unknown[]): void {
    this.keep(...parts);
  }
  fatal(...parts: unknown[]): void {
    this.keep(...parts);
  }
}
