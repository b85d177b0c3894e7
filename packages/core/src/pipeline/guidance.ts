// Guided sampling: the gradient of a plugin's loss moves the latents, through the U-Net and what the loss reads.

import type { AbortSignalLike } from '../abort.js';
import { eventLoopTurn } from '../eventLoop.js';
import type { Executable } from '../graph/backend.js';
import { abs, add, divide, multiply, sqrt, subtract } from '../graph/elementwise.js';
import { grad } from '../graph/gradient.js';
import { broadcastTo, reshape } from '../graph/layout.js';
import { mean, sum } from '../graph/reduce.js';
import { sameShape } from '../graph/shapes.js';
import { type Shape, type Tensor, type Tensors, tensor } from '../graph/tensor.js';
import { describe, type Graph, input, type Value } from '../graph/value.js';
import { isFiniteData } from '../io/finite.js';
import { parameterStore } from '../nn/scope.js';
import type { GuidanceEvent, GuidanceSettings, UpdateState } from '../plugin/guidance.js';
import type { Plugin } from '../plugin/plugin.js';
import { asPlugin } from '../plugin/pluginError.js';
import type { CallProgress } from '../plugin/progress.js';
import { requireSynchronous } from '../plugin/requireSynchronous.js';
import type { NoiseSchedule } from '../schedulers/noiseSchedule.js';
import { interpolate } from '../schedulers/sigmas.js';
import type { LatentAutoencoder } from './autoencoder.js';
import type { Guide } from './denoise.js';
import { earlyCalls } from './earlyCalls.js';
import { checkStrength } from './guidanceSettings.js';
import { SAMPLE, TEXT, TIMESTEP, type UNetSpec, unetValues } from './unet.js';

/** Under which the decoder's parameters are named in a graph of guidance. */
export const DECODER_SCOPE = 'vae';

const scalars = {
  inputScale: 'guidance.inputScale',
  fromSample: 'guidance.fromSample',
  fromOutput: 'guidance.fromOutput',
  strength: 'guidance.strength',
} as const;
const ALPHA_CUMPROD = 'guidance.alphaCumprod';
/** Keeps a gradient of zeros from being blown up. */
const TINY = 1e-12;

/**
 * The graph that guides by one plugin: the U-Net's inputs, the loss's and the step's numbers to `losses` [batch]
 * and `moved`, the latents after one move against the loss's gradient. Throws if the plugin gives no loss.
 */
export function guidanceGraph(spec: UNetSpec, plugin: Plugin, decoder: LatentAutoencoder): Graph {
  const { batch } = spec.sizes;
  const store = parameterStore();
  const step = Object.fromEntries(Object.values(scalars).map((name) => [name, input(name, [])]));
  const alphaCumprod = input(ALPHA_CUMPROD, [batch]);
  const unet = unetValues(store.scope, spec, (x) => multiply(x, step[scalars.inputScale]!));
  const part = unet.parts.get(plugin)?.guidance;
  if (!plugin.guidance || !part) throw new Error(`plugin ${plugin.name}: gives no loss to guide by`);
  const { sample, timestep, output } = unet;
  const denoised = add(
    multiply(sample, step[scalars.fromSample]!),
    multiply(output, step[scalars.fromOutput]!),
  );
  const decode = (latents: Value) => decoder.decode(store.scope.at(DECODER_SCOPE), latents);
  const title = `plugin ${plugin.name}:`;
  const loss = requireSynchronous(
    asPlugin(plugin.name, () => part.loss({ sample, timestep, alphaCumprod, denoised, decode })),
    `${title} network().guidance.loss`,
  );
  const gradient = grad(sum(loss), [sample])[0]!;
  const [strength, inputScale] = [step[scalars.strength]!, step[scalars.inputScale]!];
  const state = { sample, gradient, alphaCumprod, strength, inputScale };
  // As a method, so that a plugin's `this` is its guidance.
  const { guidance } = plugin;
  const moved = guidance.update
    ? requireSynchronous(
        asPlugin(plugin.name, () => guidance.update?.(state)),
        `${title} guidance.update`,
      )
    : normalisedUpdate(state);
  if (!moved || !sameShape(moved.shape, sample.shape)) {
    const given = moved ? describe(moved) : 'nothing';
    throw new Error(`${title} guidance.update gave ${given}; it must give [${sample.shape.join(', ')}]`);
  }
  return {
    inputs: { ...unet.inputs, ...part.inputs, ...step, [ALPHA_CUMPROD]: alphaCumprod },
    params: store.params,
    outputs: { losses: broadcastTo(loss, [batch]), moved },
  };
}

/**
 * Against the gradient, by a length that does not depend on the loss's scale: a mean absolute size of `strength` times
 * the latents' own times sqrt(1 - alphaCumprod). Each picture for itself.
 */
export function normalisedUpdate({ sample, gradient, alphaCumprod, strength }: UpdateState): Value {
  const noise = sqrt(subtract(1, reshape(alphaCumprod, [-1, 1, 1, 1])));
  const length = multiply(multiply(meanSize(sample), noise), strength);
  return subtract(sample, multiply(gradient, divide(length, add(meanSize(gradient), TINY))));
}

/** Mean absolute value of each picture, [N, 1, 1, 1]: squares of small gradients would vanish in float32. */
const meanSize = (x: Value): Value => mean(abs(x), [1, 2, 3], true);

export interface GuideOptions {
  /** The name of the plugin that guides, for errors. */
  readonly plugin: string;
  readonly settings: GuidanceSettings;
  readonly onMove?: (event: GuidanceEvent) => void;
  readonly executable: Executable;
  /** Shape of the latents of all pictures: [pictures, C, h, w]. */
  readonly shape: Shape;
  /** [pictures, T, D]. */
  readonly text: Tensor;
  /** The inputs of the plugins and of the loss for each call. */
  readonly pluginInputs: (progress: CallProgress) => Tensors;
  /** What the model was trained with. */
  readonly schedule: NoiseSchedule;
  /** Looked at before each move. */
  readonly signal?: AbortSignalLike;
}

/**
 * Moves the latents before the first share of the calls, as the plugin's settings say. Rejects, naming the plugin, where a
 * loss is NaN or an infinity.
 */
export function latentGuide(options: GuideOptions): Guide {
  const { plugin, settings, onMove, executable, shape, text, pluginInputs, schedule, signal } = options;
  const { until, repeats, stop, strength } = settings;
  const [pictures] = shape as [number, ...number[]];
  const perPicture = (value: number): Tensor => tensor(new Float32Array(pictures).fill(value), [pictures]);
  return async (sample, step, progress) => {
    if (progress.stepIndex >= earlyCalls(until, progress.calls)) return sample;
    const { sample: fromSample = 0, output: fromOutput = 0 } = step.denoised;
    const fixed = {
      ...pluginInputs(progress),
      [TIMESTEP]: perPicture(step.timestep),
      [TEXT]: text,
      [ALPHA_CUMPROD]: perPicture(interpolate(schedule.alphasCumprod, step.timestep)),
      [scalars.inputScale]: tensor([step.inputScale], []),
      [scalars.fromSample]: tensor([fromSample], []),
      [scalars.fromOutput]: tensor([fromOutput], []),
      [scalars.strength]: tensor(
        [
          typeof strength === 'number'
            ? strength
            : checkStrength(
                plugin,
                asPlugin(plugin, () => strength(progress)),
              ),
        ],
        [],
      ),
    };
    let latents = sample;
    for (let repeat = 0; repeat < repeats; repeat++) {
      await eventLoopTurn();
      signal?.throwIfAborted();
      const outputs = await executable.run({ ...fixed, [SAMPLE]: tensor(latents, shape) });
      const losses = outputs.losses.data as Float32Array;
      // NaN is never above `stop`, so that it would end the guidance in silence.
      if (!isFiniteData(losses)) {
        throw new Error(
          `call ${progress.stepIndex + 1} of ${progress.calls} (timestep ${step.timestep}): plugin ${plugin}: the loss of its ` +
            'guidance is NaN or an infinity; its inputs, its parameters or the weights are at fault',
        );
      }
      const listened: unknown = onMove?.({ ...progress, repeat, losses: losses.slice() });
      requireSynchronous(listened, `plugin ${plugin}: guidance.onMove`);
      const moves = Array.from(losses, (loss) => loss > stop);
      if (!moves.includes(true)) break;
      latents = rowsFrom(moves, outputs.moved.data as Float32Array, latents);
    }
    return latents;
  };
}

/** The rows of `moved` where `moves` says so, else those of `kept`. */
function rowsFrom(moves: readonly boolean[], moved: Float32Array, kept: Float32Array): Float32Array {
  const size = kept.length / moves.length;
  return Float32Array.from(kept, (value, i) => (moves[Math.floor(i / size)] ? moved[i] : value));
}
