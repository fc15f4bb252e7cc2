import type { ConnectionRow } from '../connection/connection.row.js';
import { mayTake, planOf } from './install-plan.js';
import type { InstallPlan } from './install-plan.js';

type Holder = Pick<ConnectionRow, 'status' | 'owner' | 'installed_at' | 'changed_at'>;

const NOW = 1_000_000;
const holder = (given: Partial<Holder> = {}): Holder => ({
  status: 'active',
  owner: 'anna',
  installed_at: NOW - 60_000,
  changed_at: NOW - 60_000,
  ...given,
});
const installed = (given: object = {}) => ({
  owner: 'anna',
  transferFrom: [] as string[],
  exchangedAt: NOW,
  ...given,
});
const replace = (given: object = {}): InstallPlan => ({
  kind: 'replace',
  outcome: 'reconnected',
  endsSessions: false,
  ...given,
});

describe('what an install does', () => {
  it.each<[string, Holder | undefined, object, InstallPlan]>([
    ['nothing there', undefined, {}, { kind: 'create', outcome: 'connected' }],
    [
      'nothing there, kept for an owner',
      undefined,
      { keptForOwner: true },
      { kind: 'create', outcome: 'kept_for_owner' },
    ],
    [
      'nothing there, and nothing to leave alone',
      undefined,
      { onlyIfNotActive: true },
      { kind: 'create', outcome: 'connected' },
    ],
    ['the same owner', holder(), {}, replace()],
    [
      'the same owner, kept for them',
      holder(),
      { keptForOwner: true },
      replace({ outcome: 'kept_for_owner' }),
    ],
    ['nobody’s', holder({ owner: null }), {}, replace({ endsSessions: true })],
    ['nobody’s, and nobody installs', holder({ owner: null }), { owner: undefined }, replace()],
    ['another owner’s', holder({ owner: 'bert' }), {}, { kind: 'refuse' }],
    [
      'another owner’s, and nobody installs',
      holder({ owner: 'bert' }),
      { owner: undefined },
      { kind: 'refuse' },
    ],
    [
      'another owner’s who must act',
      holder({ owner: 'bert', status: 'reauthorization_required' }),
      {},
      { kind: 'refuse' },
    ],
    [
      'another owner’s who lets it go',
      holder({ owner: 'bert' }),
      { transferFrom: ['cleo', 'bert'] },
      replace({ endsSessions: true, transferFrom: 'bert' }),
    ],
    [
      'another owner’s that has ended',
      holder({ owner: 'bert', status: 'revoked' }),
      {},
      replace({ endsSessions: true }),
    ],
    [
      'one that stands and is to be left alone',
      holder(),
      { onlyIfNotActive: true },
      { kind: 'leave' },
    ],
    [
      'another’s that stands and is to be left alone',
      holder({ owner: 'bert' }),
      { onlyIfNotActive: true },
      { kind: 'leave' },
    ],
    [
      'one that has ended, by a hint',
      holder({ status: 'revoked' }),
      { onlyIfNotActive: true },
      replace(),
    ],
  ])('%s', (_, existing, given, plan) => {
    expect(planOf(existing, installed(given))).toStrictEqual(plan);
  });

  it.each<[string, Holder | undefined, boolean, object, InstallPlan['kind']]>([
    ['nothing has happened since', holder(), false, {}, 'replace'],
    ['nothing is there', undefined, false, {}, 'create'],
    ['installed anew since', holder({ installed_at: NOW + 1 }), false, {}, 'obsolete'],
    ['installed at that moment', holder({ installed_at: NOW }), false, {}, 'replace'],
    ['ended since', holder({ status: 'revoked', changed_at: NOW + 1 }), false, {}, 'obsolete'],
    ['ended at that moment', holder({ status: 'revoked', changed_at: NOW }), false, {}, 'replace'],
    ['ended before', holder({ status: 'revoked', changed_at: NOW - 1 }), false, {}, 'replace'],
    ['changed since, but not ended', holder({ changed_at: NOW + 1 }), false, {}, 'replace'],
    ['a later one of its kind stands', undefined, true, {}, 'obsolete'],
    [
      'a file that does not say when',
      holder({ installed_at: NOW + 1 }),
      false,
      { exchangedAt: undefined },
      'replace',
    ],
    ['another’s by now', holder({ owner: 'bert' }), false, {}, 'refuse'],
  ])('from a rescue file: %s', (_, existing, superseded, given, kind) => {
    expect(planOf(existing, installed(given), { superseded }).kind).toBe(kind);
  });

  it('straight from the exchange it asks for nothing newer', () => {
    expect(planOf(holder({ installed_at: NOW + 1 }), installed()).kind).toBe('replace');
  });

  it.each<[string, ConnectionRow['status'], string | null, string[], boolean]>([
    ['its own', 'active', 'anna', [], true],
    ['nobody’s', 'active', null, [], true],
    ['an ended one', 'revoked', 'bert', [], true],
    ['another’s', 'active', 'bert', [], false],
    ['another’s who lets it go', 'active', 'bert', ['bert'], true],
    ['another’s whom it did not ask', 'active', 'bert', ['cleo'], false],
  ])('may take %s', (_, status, owner, transferFrom, may) => {
    expect(mayTake({ status, owner }, { owner: 'anna', transferFrom })).toBe(may);
  });
});
