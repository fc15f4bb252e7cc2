export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/**
 * Runs every case in turn for some rounds, the order rotated each round, and gives the median of each
 * and the median of the per-round ratios to the first case.
 */
export async function compare(cases, rounds) {
  const times = new Map(cases.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let index = 0; index < cases.length; index += 1) {
      const [name, run] = cases[(index + round) % cases.length];
      times.get(name).push(await run());
    }
  }
  const [[base]] = cases;
  return cases.map(([name]) => ({
    name,
    each: median(times.get(name)),
    ratio: median(times.get(name).map((time, round) => time / times.get(base)[round])),
  }));
}

export function print(title, rows, unit, goals = {}) {
  console.log(`\n${title}`);
  for (const { name, each, ratio } of rows) {
    const goal = goals[name] === undefined ? '' : `   goal ${goals[name]}`;
    console.log(
      `  ${name.padEnd(58)} ${each.toFixed(3).padStart(10)} ${unit}   x${ratio.toFixed(2)}${goal}`,
    );
  }
}
