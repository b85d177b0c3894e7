// Linear combinations of named vectors: the whole arithmetic of a sampling step.

/** Weights by the name of the vector they scale; a name that is absent has weight 0. */
export type Combination = Readonly<Record<string, number>>;

/** A weight and what it scales. */
export type Term = readonly [weight: number, of: Combination];

/** The vector `name` itself. */
export function just(name: string): Combination {
  return { [name]: 1 };
}

/**
 * Adds weighted combinations, leaving out names whose weight comes to 0.
 * Throws when a weight is not finite, so that no plan ever carries NaN into the latents.
 */
export function sum(...terms: readonly Term[]): Combination {
  const total = new Map<string, number>();
  for (const [weight, combination] of terms) {
    for (const [name, inner] of Object.entries(combination)) {
      total.set(name, (total.get(name) ?? 0) + weight * inner);
    }
  }
  for (const [name, weight] of total) {
    if (!Number.isFinite(weight)) throw new Error(`scheduler: the weight of "${name}" is ${weight}`);
  }
  return Object.fromEntries([...total].filter(([, weight]) => weight !== 0));
}
