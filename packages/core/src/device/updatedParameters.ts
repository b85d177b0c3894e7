// The parameters that a training step updates, in the host's memory.

import type { Tensor, Tensors } from '../graph/index.js';

export interface UpdatedParameters {
  get(name: string): Tensor;
  /**
   * Gives a parameter its next numbers; their memory belongs to the state from then on. They are written over the present numbers,
   * which does not fragment the heap, unless a caller may still hold those.
   */
  update(name: string, next: Tensor): void;
  /** All of them; they stay as they are whatever is updated later. */
  read(): Tensors;
  /** All of them without a copy, until the next update. */
  lend(): Tensors;
  clear(): void;
}

/** Takes the memory of a tensor that nobody reads any more. */
export type Release = (tensor: Tensor) => void;

/**
 * Begins with numbers that belong to the caller, and are never released, unless they are `transferred`. What lies in a file is read
 * once.
 */
export function updatedParameters(
  given: Tensors,
  release: Release,
  transferred: readonly string[] = [],
): UpdatedParameters {
  // Moving averages begin as their parameters.
  const read = new Map<Tensor, Tensor>();
  const inMemory = (tensor: Tensor): Tensor => {
    const { dtype, shape } = tensor;
    const known = read.get(tensor) ?? { dtype, shape, data: tensor.data };
    read.set(tensor, known);
    return known;
  };
  const held = new Map(Object.entries(given).map(([name, tensor]) => [name, inMemory(tensor)]));
  read.clear();
  /** Those whose memory nobody else holds. */
  const own = new Set(withOwnMemory(held, new Set(transferred)));
  return {
    get: (name) => held.get(name)!,
    update(name, next) {
      const present = held.get(name)!;
      if (own.has(name)) {
        present.data.set(next.data);
        release(next);
        return;
      }
      held.set(name, next);
      own.add(name);
    },
    read() {
      own.clear();
      return Object.fromEntries(held);
    },
    lend: () => Object.fromEntries(held),
    clear() {
      for (const name of own) release(held.get(name)!);
      held.clear();
      own.clear();
    },
  };
}

/** Those of `names` that fill their memory and share it with no other. */
function withOwnMemory(tensors: ReadonlyMap<string, Tensor>, names: ReadonlySet<string>): readonly string[] {
  const holders = new Map<ArrayBufferLike, number>();
  for (const { data } of tensors.values()) holders.set(data.buffer, (holders.get(data.buffer) ?? 0) + 1);
  const isAlone = ({ data }: Tensor): boolean =>
    data.byteLength === data.buffer.byteLength && holders.get(data.buffer) === 1;
  return [...tensors].flatMap(([name, tensor]) => (names.has(name) && isAlone(tensor) ? [name] : []));
}
