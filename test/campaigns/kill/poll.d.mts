export function poll(
  ask: () => boolean | Promise<boolean>,
  what: string,
  deadlineMs?: number,
): Promise<void>;
