import TestSequencer from '@jest/test-sequencer';

/** Without the times of an earlier run jest goes by the size of files, which says little about these. */
const LONG = [
  'campaigns/kill',
  'browser/browser',
  'providers/contract',
  'providers/sixth/sixth',
  'browser/deliveries',
  'failures/database-server',
  'fleet/instances',
  'browser/cards',
  'foundation/foreign-store',
  'failures/outage',
  'foundation/deployment',
  'foundation/keys/rotation',
  'campaigns/ingest',
  'failures/hanging-provider',
  'failures/locked-table',
  'token/coherence',
];

/** What takes longest begins first, so that no worker is left with it at the end. */
export default class LongSuitesFirst extends TestSequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const place = LONG.findIndex((name) => path.endsWith(`/test/${name}.e2e-spec.ts`));
      return place === -1 ? LONG.length : place;
    };
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
}
