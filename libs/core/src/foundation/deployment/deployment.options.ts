/** Whose instances these are: two deployments are two fleets, and neither spends the other's tokens. */
export interface DeploymentOptions {
  readonly deploymentId?: string | undefined;
}
export const DEPLOYMENT_OPTIONS = Symbol('nest-flock:deployment-options');
