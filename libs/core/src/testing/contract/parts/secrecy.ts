import assert from 'node:assert/strict';
import { RAW_WORDS } from '../bad-answers.js';
import type { ContractPart } from '../contract-part.js';

/** Looks at all that came out in the rows before. */
export function secrecy({ it }: ContractPart): void {
  it('S20, S22, S23, S39: no secret that was on the wire is in a log, an error, a page, the audit trail or the store', async ({
    world,
    one,
  }) => {
    const secrets = world.secrets();
    const output = await world.output();
    const found = (text: string) => secrets.filter((secret) => text.includes(secret));
    // By their beginnings: a report must not tell what it looks for.
    assert.deepEqual(
      found(output).map((secret) => `${secret.slice(0, 4)}…`),
      [],
    );
    assert.ok(!output.includes(RAW_WORDS), 'the words of the provider were repeated');
    // The net is not torn: what does come out is found, and so is a secret that is planted.
    assert.ok(secrets.length > 10);
    assert.ok(output.includes(one.id));
    const [planted] = secrets as [string];
    assert.ok(found(`${output} ${planted}`).includes(planted));
  });
}
