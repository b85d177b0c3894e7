// Latents of scenes with their plans, kept in a ring: new ones take the place of the oldest.

/** `size` scenes, each of `shape` numbers: [channels, height, width]. */
export interface LatentRing<Plan> {
  readonly size: number;
  readonly shape: readonly number[];
  /** Scenes that were put in all, with those that the ring did not begin with. */
  readonly drawn: number;
  /** All numbers, scene after scene. */
  readonly numbers: Float32Array;
  /** Puts the latents of some scenes, each number times `scale`, in place of the oldest. */
  put(plans: readonly Plan[], latents: Float32Array, scale?: number): void;
  plan(index: number): Plan;
  /** The latents of one scene; a view that later ones overwrite. */
  latents(index: number): Float32Array;
}

/** An empty ring. One that begins with a later scene than the first has each where a ring that began with the first has it. */
export function latentRing<Plan>(size: number, shape: readonly number[], first = 0): LatentRing<Plan> {
  const width = shape.reduce((product, side) => product * side, 1);
  const numbers = new Float32Array(size * width);
  const plans = new Array<Plan>(size);
  let drawn = first;
  return {
    ...{ size, shape, numbers },
    get drawn() {
      return drawn;
    },
    put(own, latents, scale = 1) {
      own.forEach((plan, i) => {
        const at = (drawn + i) % size;
        plans[at] = plan;
        for (let k = 0; k < width; k++) numbers[at * width + k] = latents[i * width + k]! * scale;
      });
      drawn += own.length;
    },
    plan: (index) => plans[index]!,
    latents: (index) => numbers.subarray(index * width, (index + 1) * width),
  };
}

/** Standard deviation of all numbers, in one pass: latents are scaled by 1 / std. */
export function std(values: Float32Array): number {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return Math.sqrt(squares / values.length - mean * mean);
}
