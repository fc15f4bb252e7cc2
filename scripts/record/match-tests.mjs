import { UNKNOWN } from './values.mjs';

export const SEPARATOR = ' › ';

/** The tests that a page means by file and title, each with those of its cases that are meant. */
export function matchesOf({ test: file, title }, tests) {
  return tests
    .filter((test) => test.file === file)
    .map((test) => {
      const whole = tails(test.written).includes(title);
      const cases = whole ? test.cases : test.cases.filter((chain) => isPrinted(chain, title));
      return { test, whole, cases };
    })
    .filter(({ cases }) => cases.length > 0);
}

/** Whether a test of a report, by its chain of titles, is one of those that are meant. */
export const isRunOf = ({ title, matches }, chain) =>
  matches.some(
    ({ whole, cases }) =>
      // A group that another file declares is not read here.
      cases.some((one) => tails(chain).some((tail) => fits(one, tail))) &&
      (whole || tails(chain).includes(title)),
  );

/** A test may be named by its title alone, or with those of its groups before it. */
const tails = (chain) => chain.map((_, index) => chain.slice(index).join(SEPARATOR));

const isPrinted = (chain, title) =>
  chain.some((_, index) => fits(chain.slice(index), title)) && chain.at(-1) !== UNKNOWN;

function fits(chain, text) {
  const parts = chain.join(SEPARATOR).split(UNKNOWN);
  const pattern = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${pattern.join('.+')}$`, 's').test(text);
}
