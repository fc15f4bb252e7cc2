import { EntitySchema } from 'typeorm';
import { instant, text } from './columns.js';

/** Work on a schedule that one instance does for all. */
export const JobEntity = new EntitySchema({
  name: 'FlockJob',
  tableName: 'flock_job',
  columns: {
    id: { ...text(190), primary: true, primaryKeyConstraintName: 'flock_job_pk' },
    due_at: instant,
    claim_id: { ...text(36), nullable: true },
    claim_until: { ...instant, nullable: true },
    /** JSON: what the job remembers between its runs. */
    state: { type: 'text', nullable: true },
  },
});
