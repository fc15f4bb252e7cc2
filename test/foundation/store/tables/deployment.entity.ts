import { EntitySchema } from 'typeorm';
import { instant, text } from './columns.js';

/** The one row that says whose store this is. */
export const DeploymentEntity = new EntitySchema({
  name: 'FlockDeployment',
  tableName: 'flock_deployment',
  columns: {
    /** Always `store`. */
    id: { ...text(16), primary: true, primaryKeyConstraintName: 'flock_deployment_pk' },
    /** The deployment id of those who may spend its tokens. */
    name: text(64),
    adopted_at: instant,
    /** Restored from a backup then, and not all checked since. */
    restored_at: { ...instant, nullable: true },
  },
});
