import fc from 'fast-check';

/** Cases of each suite in one ordinary run; together at least 100,000. */
export const PLANNED = {
  functions: 80_000,
  doors: 8_000,
  tokens: 890,
  store: 1_400,
  environment: 16_000,
} as const;

/** The same cases in every ordinary run, so that a failure is the change's; `new` looks further. */
const { FUZZ_SEED = '20261122' } = process.env;
const SEED = FUZZ_SEED === 'new' ? Math.floor(Math.random() * 0x7fff_ffff) : Number(FUZZ_SEED);
/** `FUZZ_RUNS=10` runs ten times as many. */
const SCALE = Number(process.env.FUZZ_RUNS ?? 1);

/** Of what takes long there are fewer runs. */
const FEW = 1_000;
const TELL_EVERY_MS = 10_000;
/** Characters: batches are long. */
const LONGEST_REPORT = 3_000;

interface Runs {
  /** In one ordinary run. */
  readonly runs: number;
  /** Cases in each: a batch that is sent at once. Default 1. */
  readonly batch?: number;
}

/** The random cases of one suite: repeatable, counted, and told of in one plain line. */
export class Campaign {
  private counted = 0;
  private readonly began = performance.now();
  private told = this.began;

  constructor(readonly name: keyof typeof PLANNED) {
    // Single cases are bounded; this is for a busy machine, and for the long form.
    jest.setTimeout(180_000 * Math.max(1, SCALE));
  }

  /** Every case must hold; the error says how to repeat the run. */
  async check<T>(
    { runs, batch = 1 }: Runs,
    arbitrary: fc.Arbitrary<T>,
    holds: (value: T) => unknown,
  ): Promise<void> {
    const numRuns = Math.ceil(runs * SCALE);
    let ran = 0;
    const property = fc.asyncProperty(arbitrary, async (value) => {
      ran += 1;
      await holds(value);
      this.tell(ran * batch);
    });
    // What takes long is reported as it was: a smaller case would be looked for too long.
    const details = await fc.check(property, {
      seed: SEED,
      numRuns,
      endOnFailure: batch > 1 || runs < FEW,
    });
    if (details.failed) {
      const cause = details.errorInstance;
      throw new Error(
        [
          cause instanceof Error ? cause.message : 'failed',
          `Repeat it with FUZZ_SEED=${SEED} FUZZ_RUNS=${SCALE}`,
          fc.defaultReportMessage(details)?.slice(0, LONGEST_REPORT),
        ].join('\n'),
        { cause },
      );
    }
    // What did not run does not count.
    if (ran < numRuns) throw new Error(`only ${ran} of ${numRuns} runs took place`);
    this.counted += ran * batch;
  }

  /** How far it is, from time to time. */
  private tell(running: number): void {
    const now = performance.now();
    if (now - this.told < TELL_EVERY_MS) return;
    this.told = now;
    const seconds = Math.round((now - this.began) / 1_000);
    process.stderr.write(
      `fuzz ${this.name}, ${seconds} s: ${this.counted + running} of ${PLANNED[this.name] * SCALE} cases\n`,
    );
  }

  /** So many random cases as were promised, and the line that says so. */
  finish(): void {
    process.stderr.write(`fuzz ${this.name}: ${this.counted} cases held, seed ${SEED}\n`);
    const planned = PLANNED[this.name] * SCALE;
    if (this.counted < planned) {
      throw new Error(`${this.counted} cases ran; ${planned} were promised`);
    }
  }
}
