export const DEPLOYMENT_ID_EXPECTED =
  '1 to 64 letters, digits, dots, hyphens or underscores, such as production or staging-2';

/** What `FLOCK_DEPLOYMENT_ID` accepts. */
export const isDeploymentId = (text: string): boolean => /^[A-Za-z0-9._-]{1,64}$/.test(text);

/** Whose instances these are: two deployments are two fleets, and neither spends the other's tokens. */
export interface DeploymentOptions {
  readonly deploymentId?: string | undefined;
}
export const DEPLOYMENT_OPTIONS = Symbol('nest-flock:deployment-options');
