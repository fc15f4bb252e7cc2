/** Branches of the core that no test of this process takes: file, the code of its line, and why. */
export const UNCOVERED = [];
