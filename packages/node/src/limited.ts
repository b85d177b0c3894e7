import { checkFunction, checkList, checkWhole } from '@spatiallock/core/checks';

/**
 * Works on items, at most `limit` at a time, and gives the results in their order. Rejects with the first error, once no
 * work is under way any more.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  checkList(items, 'items');
  checkWhole(limit, { min: 1, max: Number.MAX_SAFE_INTEGER }, 'limit');
  checkFunction(work, 'work');
  const results: R[] = [];
  let next = 0;
  let failure: { readonly cause: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (next < items.length && !failure) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (cause) {
        failure ??= { cause };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failure) throw failure.cause;
  return results;
}
