// How a plugin enters a pipeline: a part of the U-Net's graph, and the numbers that part is fed.

import type { Tensor, Tensors } from '../graph/tensor.js';
import type { Values } from '../graph/value.js';
import type { UNetHooks } from '../models/hooks.js';
import type { UNet2dConditionConfig } from '../models/unet2dConditionConfig.js';
import type { Scope } from '../nn/scope.js';
import type { Layout } from './layout.js';

/** What a plugin knows while a graph that holds the U-Net is built. */
export interface UNetContext {
  /** The root under which the U-Net's parameters are named. */
  readonly scope: Scope;
  readonly config: UNet2dConditionConfig;
  /** Pictures in a batch. */
  readonly batch: number;
  /** Sides of the latents. */
  readonly height: number;
  readonly width: number;
  /** The most objects of any picture that the graph must serve. */
  readonly objects: number;
  /** Whether the checkpoint holds a parameter of that name; always true in training from scratch. */
  has(name: string): boolean;
}

export interface UNetPart {
  /** Graph inputs of the plugin's own, by names that start with the plugin's. */
  readonly inputs: Values;
  readonly hooks: UNetHooks;
}

export interface InputContext {
  readonly config: UNet2dConditionConfig;
  has(name: string): boolean;
  /** Pooled text embeddings, one row a phrase: [phrases, D]. */
  encodePhrases(phrases: readonly string[]): Promise<Tensor>;
}

/** Where sampling stands: the call of the U-Net from 0, of how many. */
export interface CallProgress {
  readonly call: number;
  readonly calls: number;
}

export interface Plugin {
  readonly name: string;
  /**
   * Folders of a model directory whose tensors join the U-Net's parameters where the folder has weights: for
   * parameters that other software would not expect in unet/.
   */
  readonly weights?: readonly string[];
  /** Adds to the U-Net's graph. */
  unet?(context: UNetContext): UNetPart;
  /**
   * The numbers for the inputs that `unet` declared. `rows` holds a layout for each picture of the batch,
   * undefined for an unconditional one; what is given back is asked anew for each call of the U-Net.
   */
  inputs?(
    rows: readonly (Layout | undefined)[],
    context: InputContext,
  ): Promise<(progress: CallProgress) => Tensors>;
}
