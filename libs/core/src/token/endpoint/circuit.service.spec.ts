import type { RegisteredApp } from '../../provider/registered-app.js';
import { CircuitService } from './circuit.service.js';

describe('a circuit as this process last heard of it', () => {
  const now = 1_000_000;
  const circuits = new CircuitService(
    {
      read: () =>
        Promise.resolve([
          { id: 'stopped', failures: 2, is_open: 1, probe_at: now + 60_000, db_now: now },
          { id: 'to be tried', failures: 2, is_open: 1, probe_at: now - 1, db_now: now },
          { id: 'failing', failures: 1, is_open: 0, probe_at: null, db_now: now },
        ]),
    } as never,
    {} as never,
    { probeIntervalMs: 30_000 } as never,
    {} as never,
  );

  it.each([
    ['stopped', true, true],
    ['to be tried', true, false],
    ['failing', false, false],
    ['healthy', false, false],
  ])('%s: open %s, and nobody may try it %s', async (id, open, paused) => {
    await circuits.reload();
    const circuit = { id, kind: 'credential', app: {} as RegisteredApp } as const;
    expect(circuits.isOpen(circuit)).toBe(open);
    expect(circuits.isPaused(circuit)).toBe(paused);
    expect(circuits.openCount()).toBe(2);
  });
});
