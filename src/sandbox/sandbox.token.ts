/** The emulated providers, where they run in this process. */
export const SANDBOX = Symbol('sandbox');
