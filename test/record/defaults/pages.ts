import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Row {
  /** The cells by the words of the table's head. */
  readonly cells: Readonly<Record<string, string>>;
  readonly name: string;
}

export interface Table {
  readonly page: string;
  /** The first cell of its head. */
  readonly title: string;
  readonly rows: readonly Row[];
}

const page = (name: string): string => readFileSync(join(process.cwd(), name), 'utf8');

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

const bare = (text: string): string => text.replaceAll('`', '');

/** The tables of a page that have a column of defaults. */
export function tablesOf(name: string): Table[] {
  const lines = page(name).split('\n');
  return lines.flatMap((line, index) => {
    const isHead = line.startsWith('|') && /^\| ?-/.test(lines[index + 1] ?? '');
    const head = isHead ? cellsOf(line) : [];
    if (!head.includes('Default')) return [];
    const end = lines.findIndex((one, at) => at > index && !one.startsWith('|'));
    const rows = lines.slice(index + 2, end === -1 ? undefined : end).map((one) => {
      const cells = cellsOf(one);
      return {
        name: bare(cells[0] as string),
        cells: Object.fromEntries(head.map((title, at) => [title, cells[at] ?? ''])),
      };
    });
    return [{ page: name, title: bare(head[0] as string), rows }];
  });
}

/** What a cell of defaults says: a value, values, nothing, or words. */
export function readCell(cell: string): unknown {
  if (cell === '') return undefined;
  const codes = [...cell.matchAll(/`([^`]*)`/g)].map(([, code]) => code as string);
  if (/^`[^`]*`$/.test(cell)) return literal(codes[0] as string);
  if (/^`[^`]*`(?:, `[^`]*`)+$/.test(cell)) return codes.map(literal);
  return amount(cell) ?? cell;
}

function literal(text: string): unknown {
  if (text === 'true') return true;
  if (text === 'false') return false;
  return /^\d+$/.test(text) ? Number(text) : text;
}

export interface ExampleVariable {
  readonly name: string;
  readonly value: string;
  /** The comment above it. */
  readonly comment: string;
}

/** The variables of .env.example, each with what is said of it. */
export function exampleVariables(): ExampleVariable[] {
  return page('.env.example')
    .split(/\n\s*\n/)
    .flatMap((block) => {
      const lines = block.split('\n').map((line) => line.replace(/^# ?/, ''));
      const isVariable = (line: string) => /^[A-Z][A-Z\d_]*=/.test(line);
      const comment = lines.filter((line) => !isVariable(line)).join(' ');
      return lines.filter(isVariable).map((line) => {
        const at = line.indexOf('=');
        return { name: line.slice(0, at), value: line.slice(at + 1), comment };
      });
    });
}

/** What a page says in words: each thing that the groups of a pattern capture. */
export function saidBy(name: string, pattern: RegExp): string[][] {
  const text = page(name).replaceAll(/\s+/g, ' ');
  return [...text.matchAll(new RegExp(pattern, 'g'))].map((match) => match.slice(1));
}

const NUMBERS: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  another: 1,
  one: 1,
  two: 2,
  five: 5,
  fifth: 5,
  'a fifth': 0.2,
  'a quarter of an': 0.25,
  ten: 10,
  thousand: 1_000,
  'one and a quarter': 1.25,
  'two and a half': 2.5,
};
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  KiB: 1_024,
  MiB: 1_048_576,
  '%': 0.01,
};

/** A number in a text: `10,000`, `five`, `an hour`, `256 KiB`. Times are milliseconds. */
export function amount(text: string): number | undefined {
  const alone = numberOf(text);
  if (alone !== undefined) return alone;
  const [, words = '', unit = ''] =
    /^(.*?) ?(ms|s|%|KiB|MiB|(?:second|minute|hour|day|week)s?)$/.exec(text) ?? [];
  const factor = UNITS[unit.length > 2 ? unit.replace(/s$/, '') : unit];
  const count = words === '' ? 1 : numberOf(words);
  // In decimals, not in what their doubles add.
  return factor === undefined || count === undefined
    ? undefined
    : Number((count * factor).toFixed(6));
}

const numberOf = (text: string): number | undefined =>
  /^[\d.,]*\d$/.test(text) ? Number(text.replaceAll(',', '')) : NUMBERS[text];
