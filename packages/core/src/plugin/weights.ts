// Which parameters are a plugin's own, and where they are kept.

import type { JsonObject } from '../io/text.js';

/** A folder of a model directory that holds a plugin's parameters. */
export interface PluginWeights {
  /**
   * The folder's name. Its tensors join the U-Net's parameters when a model is loaded with the plugin. `unet` is shared:
   * for parameters that other software expects there.
   */
  readonly folder: string;
  /** Whether a parameter, by its full name, belongs in this folder. */
  owns(name: string): boolean;
  /** Written beside the weights as config.json; for `unet`, fields that are written over those of unet/config.json. */
  readonly config?: JsonObject;
  /** Keeps these weights in float32 where the rest of a model is saved in float16. Default false. */
  readonly float32?: boolean;
}
