/** Does the work for each entry, at most `concurrency` at a time, begun in the order given. */
export async function inTurn<T, R>(
  entries: readonly T[],
  concurrency: number,
  work: (entry: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < entries.length; index = next++) {
      results[index] = await work(entries[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, entries.length) }, worker));
  return results;
}
