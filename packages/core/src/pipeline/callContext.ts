// What plugins know of one run of sampling.

import type { Tensors } from '../graph/tensor.js';
import type { CallContext } from '../plugin/feed.js';
import type { Plugin } from '../plugin/plugin.js';
import { asPlugin } from '../plugin/pluginError.js';
import { requireSynchronous } from '../plugin/requireSynchronous.js';
import { phraseTokens } from './phraseTokens.js';
import { promptTokens } from './promptTokens.js';
import type { PromptWeighting } from './promptWeighting.js';
import type { Components, SamplingRun } from './samplingRun.js';
import { encodeTexts } from './textEncoding.js';
import type { ClipTokenizer } from './tokenizer.js';

/** A run, and what its texts and latents are computed with. */
export interface ComponentRun extends SamplingRun {
  readonly components: Components;
}

/** What plugins feed the text encoder. Throws, naming the plugin, where it throws or gives a promise. */
export function textFeeds({ components: { plugins }, pluginOptions }: ComponentRun): Tensors {
  const feeds = plugins.map((plugin) =>
    requireSynchronous(
      asPlugin(plugin.name, () => plugin.text?.feed?.(pluginOptions.get(plugin))),
      `plugin ${plugin.name}: text.feed`,
    ),
  );
  return Object.assign({}, ...feeds);
}

/** `fed` is what `textFeeds` gave, `tokens` the length of all prompts. */
export function contextFor(run: ComponentRun, plugin: Plugin, fed: Tensors, tokens: number): CallContext {
  const { components, pluginOptions, prompts, size } = run;
  const { unet, text, decoding } = components;
  const { factor } = decoding.decoder;
  const { tokenizer } = text;
  const { clipSkip } = prompts;
  const rowsOf = (texts: readonly string[]) => texts.map((each) => ({ ids: tokenizer.encode(each) }));
  return {
    config: unet.config,
    height: size.height / factor,
    width: size.width / factor,
    options: pluginOptions.get(plugin),
    tokenizer,
    tokens,
    has: unet.has,
    encodePhrases: async (phrases) => (await encodeTexts(text, rowsOf(phrases), { fed, clipSkip })).pooled,
    encodeTokens: async (texts) => (await encodeTexts(text, rowsOf(texts), { fed, clipSkip })).hidden,
    phraseTokens: phraseFinder(tokenizer, prompts.promptWeighting),
  };
}

/** Where a prompt says a phrase; the weights in it are no words. */
export const phraseFinder =
  (tokenizer: ClipTokenizer, weighting: PromptWeighting | false): CallContext['phraseTokens'] =>
  (prompt, phrase) =>
    phraseTokens(tokenizer, promptTokens(tokenizer, prompt, weighting).ids, phrase);
