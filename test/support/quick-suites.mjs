/**
 * What `npm run test:quick` leaves out: what needs a server, a browser or processes of the built
 * packages, and the campaigns. All else runs on SQLite, from the sources.
 */
export const LEFT_OUT = [
  'browser/',
  'campaigns/',
  'failures/',
  'fleet/',
  // These start processes of the built packages.
  'foundation/configuration',
  'foundation/deployment',
  'foundation/foreign-store',
  'foundation/keys/rotation',
  'token/coherence',
  'webhook/lifecycle',
  // Copies of the project, and the checks as commands on them.
  'record/mutants',
  'record/record',
  // A browser.
  'providers/fynd/fynd-frame',
].map((place) => `test/${place}`);
