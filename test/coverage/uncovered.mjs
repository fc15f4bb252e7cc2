/**
 * Branches of the core that no test of this process takes, by the reason: `lines` are the end of the
 * file's name and the code of the line that would have run.
 */
export const UNCOVERED = [];
