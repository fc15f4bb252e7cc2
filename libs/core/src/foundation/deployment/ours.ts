/**
 * A condition of every statement that takes the right to spend or to handle something: the store is
 * still that of the `:deployment` which asks. Empty: a store without a deployment id. In the
 * statement itself, so that nobody takes anything once another deployment has adopted the store.
 */
export const OURS = `NOT EXISTS (SELECT 1 FROM flock_deployment
  WHERE :deployment <> '' AND flock_deployment.name <> :deployment)`;
