import type { Random } from '@spatiallock/core/nn';

/** The items in an order that the random numbers decide (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], rng: Random): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = rng.int(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
