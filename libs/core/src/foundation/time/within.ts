/**
 * What `work` brings within `ms`, else what `late` hands back or throws. `work` goes on by itself, and
 * what it brings then, an error too, is dropped. The wait keeps no process alive.
 * @param signal the caller's own: its reason is thrown as soon as it aborts
 */
export async function within<T, L = T>(
  ms: number,
  work: Promise<T>,
  late: () => L,
  signal?: AbortSignal,
): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: () => void = () => undefined;
  const end = new Promise<L>((resolve, reject) => {
    timer = setTimeout(() => resolve(Promise.resolve().then(late)), ms).unref();
    onAbort = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
