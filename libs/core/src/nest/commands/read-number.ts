import { UsageError } from './flock-command.js';

/** A number of the command line. @throws UsageError */
export function readNumber(
  value: string | boolean | undefined,
  of: { option: string; min: number; max: number; initial: number; whole?: boolean },
): number {
  if (value === undefined) return of.initial;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  const whole = of.whole !== false;
  if (number >= of.min && number <= of.max && (!whole || Number.isInteger(number))) return number;
  throw new UsageError(
    `--${of.option} is not usable; expected a ${whole ? 'whole ' : ''}number from ${of.min} to ${of.max}.`,
  );
}
