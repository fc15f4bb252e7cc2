import { EntitySchema } from 'typeorm';
import { instant, text } from './columns.js';
import type { ColumnTypes } from './columns.js';

/** Work on a schedule that one instance does for all. */
export const jobEntity = (types: ColumnTypes) =>
  new EntitySchema({
    name: 'FlockJob',
    tableName: 'flock_job',
    columns: {
      id: { ...text(190), primary: true, primaryKeyConstraintName: 'flock_job_pk' },
      due_at: instant,
      claim_id: { ...text(36), nullable: true },
      claim_until: { ...instant, nullable: true },
      /** JSON: what the job remembers between its runs. */
      state: { type: types.longText, nullable: true },
    },
  });
