import { EntitySchema } from 'typeorm';
import { instant, integer, text } from './columns.js';

/** What the whole fleet knows of a token endpoint or of one of our credentials. */
export const CircuitEntity = new EntitySchema({
  name: 'FlockCircuit',
  tableName: 'flock_circuit',
  columns: {
    id: { ...text(64), primary: true, primaryKeyConstraintName: 'flock_circuit_pk' },
    /** `endpoint` or `credential`. */
    kind: text(16),
    provider: text(64),
    app: text(64),
    failures: integer(0),
    /** 1 while nothing may be spent. */
    is_open: integer(0),
    /** The next probe may go out then. */
    probe_at: { ...instant, nullable: true },
    changed_at: instant,
  },
});
