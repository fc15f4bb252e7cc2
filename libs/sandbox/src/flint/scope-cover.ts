/** Whether a scope was granted. A write scope implies its read scope. */
export function covers(granted: readonly string[], scope: string): boolean {
  return granted.includes(scope) || granted.includes(scope.replace(/\.read$/, '.write'));
}
