// What a plugin knows while it makes the numbers that its graph inputs are fed.

import type { Tensor } from '../graph/tensor.js';
import type { UNet2dConditionConfig } from '../models/unet2dConditionConfig.js';
import type { Layout } from '../pipeline/layout.js';
import type { ClipTokenizer } from '../pipeline/tokenizer.js';

/** One row of a batch. */
export interface FeedRow {
  /** The layout of the picture that the row belongs to, with the fields of plugins. */
  readonly layout: Layout;
  /** The text that the U-Net is given in this row: the prompt, or the negative prompt. */
  readonly prompt: string;
  /** False in the unconditional half of classifier-free guidance: it gets no objects. Always true in training. */
  readonly conditional: boolean;
}

/** What plugins know of a call: the U-Net, the size of its latents, and their own options. */
export interface CallContext<Options = unknown> {
  readonly config: UNet2dConditionConfig;
  /** Sides of the latents. */
  readonly height: number;
  readonly width: number;
  /** What `Plugin.parseOptions` made of this call's options; undefined for a plugin without it. */
  readonly options: Options;
  readonly tokenizer: ClipTokenizer;
  /** Tokens of a prompt, in all its chunks, as in `NetworkContext`. */
  readonly tokens: number;
  /** Whether the checkpoint holds a parameter of that name. */
  has(name: string): boolean;
  /** Pooled text embeddings, one row a phrase: [phrases, D], D as in `NetworkContext.text`. */
  encodePhrases(phrases: readonly string[]): Promise<Tensor>;
  /** Vectors of every token, start token, padding and end token included: [texts, T, D]. */
  encodeTokens(texts: readonly string[]): Promise<Tensor>;
  /** Positions of a phrase's tokens in a prompt, as in `NetworkContext.text`; see `phraseTokens`. */
  phraseTokens(prompt: string, phrase: string): readonly number[];
}
