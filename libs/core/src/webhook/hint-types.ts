/** Types of the tasks that hints become; see `handlers/`. */
export const UNINSTALLED = 'nest-flock.uninstalled';
/** Signed, and kept for good: shown again, it is only a hint. */
export const UNINSTALLED_BY_PROVIDER = 'nest-flock.uninstalled-by-provider';
export const INSTALLED = 'nest-flock.installed';
