import { EntitySchema } from 'typeorm';
import { text } from './columns.js';

/** The one row that tells this store from any other but its copies. */
export const StoreEntity = new EntitySchema({
  name: 'FlockStore',
  tableName: 'flock_store',
  columns: {
    /** Random. */
    id: { ...text(36), primary: true, primaryKeyConstraintName: 'flock_store_pk' },
  },
});
