// Prompts to tokens, each with how much it counts.

import { checkWhole, messageOf, showValue } from '../checks/index.js';
import {
  checkWeights,
  type PromptWeighting,
  promptWeightings,
  type WeightedPart,
  weightedParts,
} from './promptWeighting.js';
import type { ClipTokenizer } from './tokenizer.js';

/** How prompts are read. */
export interface PromptOptions {
  /** Whether and as whom brackets in prompts are read as weights; default false: they are text. Phrases have no weights. */
  readonly promptWeighting?: PromptWeighting | false;
  /**
   * Which of the text encoder's layers prompts are taken from, from the end: 1 is the last and the default, 2 the one before
   * it, as A1111 counts. `clip_skip` of diffusers is one less. The last norm follows in any case; phrases are of the last.
   */
  readonly clipSkip?: number;
}

export type CheckedPromptOptions = Required<PromptOptions>;

/** Fills in defaults for a text encoder of so many layers; throws an error that names the option. */
export function checkPromptOptions(
  { promptWeighting = false, clipSkip = 1 }: PromptOptions,
  layers: number,
): CheckedPromptOptions {
  if (promptWeighting !== false && !promptWeightings.includes(promptWeighting)) {
    throw new Error(
      `promptWeighting: must be false or one of ${promptWeightings.join(', ')}, not ${showValue(promptWeighting)}`,
    );
  }
  return { promptWeighting, clipSkip: checkWhole(clipSkip, { min: 1, max: layers }, 'clipSkip') };
}

/** Ids of a text, without start and end tokens. */
export interface TokenRow {
  readonly ids: readonly number[];
  /** How much each of them counts; undefined: all count once. */
  readonly weights?: readonly number[];
}

/** A prompt's parts; throws an error that begins with `path` where its weights cannot be read. */
export function promptParts(
  text: string,
  weighting: PromptWeighting | false,
  path: string,
): readonly WeightedPart[] {
  if (weighting === false) return [{ text, weight: 1 }];
  const parts = reading(() => weightedParts(text, weighting), path);
  checkWeights(parts, path);
  return parts;
}

function reading<T>(read: () => T, path: string): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${path}: ${messageOf(cause)}`, { cause });
  }
}

/** The tokens of a prompt. Each part is tokenised by itself, so that a word ends where its weight does. */
export function promptTokens(
  tokenizer: ClipTokenizer,
  text: string,
  weighting: PromptWeighting | false,
): TokenRow {
  const parts = promptParts(text, weighting, 'prompt').map((part) => ({
    ids: tokenizer.encode(part.text),
    weight: part.weight,
  }));
  const ids = parts.flatMap((part) => part.ids);
  if (parts.every(({ weight }) => weight === 1)) return { ids };
  return { ids, weights: parts.flatMap((part) => part.ids.map(() => part.weight)) };
}
