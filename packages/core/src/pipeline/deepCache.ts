// Deep feature caching: calls that compute the shallow layers of the U-Net alone.

import { checkKeys, checkWhole } from '../checks/index.js';
import type { Executable } from '../graph/backend.js';
import type { Tensor, Tensors } from '../graph/tensor.js';
import type { CallProgress } from '../plugin/progress.js';

/**
 * Deep feature caching (DeepCache, Ma et al., arXiv 2312.00858). The deep layers of the U-Net change little from call to call: they
 * are computed in every `interval`-th call, and those between read what they gave then.
 */
export interface DeepCache {
  /** Calls of which one computes the whole U-Net, 1..100; 1 caches nothing. */
  readonly interval: number;
  /**
   * Layers of the last up block that every call computes, from 1 to all of them (3 in Stable Diffusion): more layers follow the whole
   * network closer and take longer. Default 1.
   */
  readonly layers?: number;
}

const INTERVAL = { min: 1, max: 100 };
/** No U-Net has more; whether this one has so many is checked when its graph is built. */
const LAYERS = { min: 1, max: 100 };

/** Throws an error that names the field, unless it is a `DeepCache`. */
export function checkDeepCache(given: unknown): Required<DeepCache> {
  const { interval, layers = 1 } = checkKeys(given, ['interval', 'layers'], 'deepCache');
  return {
    interval: checkWhole(interval, INTERVAL, 'deepCache.interval'),
    layers: checkWhole(layers, LAYERS, 'deepCache.layers'),
  };
}

/** What runs the U-Net for one call. */
export interface UNetRunner {
  run(inputs: Tensors, progress: CallProgress): Promise<Tensors>;
}

/** Name of the map at the cut, as an output of the whole U-Net and an input of its shallow part. */
export const DEEP = 'deep';

/** A graph of the U-Net for deep feature caching: all of it, or its shallow layers. */
export interface UNetPart {
  readonly part: 'whole' | 'shallow';
  /** Layers of the last up block that every call computes. */
  readonly layers: number;
}

/** The key of a part's graph. */
export const partKey = (key: string, part?: UNetPart): string =>
  part ? `${key}, ${part.part} for ${part.layers} shallow layers` : key;

/**
 * What runs the U-Net in a series of so many calls. With a cache the whole of it runs in every `interval`-th call, and its shallow part
 * in the others. The map at the cut belongs to the series: each has a runner of its own.
 */
export async function unetRunner(
  compiled: (part?: UNetPart) => Promise<Executable>,
  deepCache: Required<DeepCache> | undefined,
  calls: number,
): Promise<UNetRunner> {
  if (!deepCache || deepCache.interval === 1 || calls === 1) return compiled();
  const { interval, layers } = deepCache;
  const whole = await compiled({ part: 'whole', layers });
  const shallow = await compiled({ part: 'shallow', layers });
  let deep: Tensor | undefined;
  return {
    async run(inputs, { stepIndex }) {
      if (deep && stepIndex % interval !== 0) return shallow.run({ ...inputs, [DEEP]: deep });
      const outputs = await whole.run(inputs);
      deep = outputs[DEEP]!;
      return outputs;
    },
  };
}
