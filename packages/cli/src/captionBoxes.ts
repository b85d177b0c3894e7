// Boxes for what --prompt names, where the command gives none.

import type { Layout } from '@spatiallock/core';
import { readCategories } from '@spatiallock/core/modules';
import { labelling, weightedParts } from '@spatiallock/core/pipeline';
import { type CaptionWords, layoutFromCaption, withCategories } from '@spatiallock/data';
import type { ArgsDef } from 'citty';
import { declaredVocabulary } from './detectors.js';
import { InputError, reading, readingNow } from './errors.js';
import type { Flags } from './flags.js';
import { localFiles } from './localModel.js';
import type { KnownPlugins } from './plugins/known.js';
import type { PromptRequest } from './promptFlags.js';
import type { ModelRequest } from './request.js';

export const captionBoxArgs = {
  'caption-alone': {
    type: 'boolean',
    description:
      'paint --prompt without any box; else what it names gets a box at a random place, where no --object is given',
  },
} as const satisfies ArgsDef;

interface Given {
  readonly flags: Flags;
  /** Of the first picture; each further one has the next, and other places. */
  readonly seed: number;
  readonly known: KnownPlugins;
  readonly model: ModelRequest;
  /** How prompts are read. */
  readonly prompts: PromptRequest;
}

interface BoxedLayouts {
  readonly layouts: readonly Layout[];
  /** Of prompts that name more than boxes are made for. */
  readonly warnings: readonly string[];
}

/**
 * The layouts with boxes for the things that their prompts name, where the command gives a prompt and no box. Which words name
 * things tell the judge that a model on this disk declares, and its categories and those of an adapter. Rejects with an InputError that names the flag at fault.
 */
export async function withCaptionBoxes(
  layouts: readonly Layout[],
  { flags, seed, known, model, prompts }: Given,
): Promise<BoxedLayouts> {
  const isCaption = flags.has('prompt') && !flags.has('object');
  if (flags.has('caption-alone')) {
    if (isCaption) return { layouts, warnings: [] };
    throw new InputError('--caption-alone: has no effect without --prompt, or with --object; leave it out');
  }
  // Painting over keeps what stands in the picture where it is.
  if (!isCaption || flags.has('image')) return { layouts, warnings: [] };
  const words = await knownThings(known, model);
  if (!words) return { layouts, warnings: [] };
  const warnings: string[] = [];
  const onWarning = (warning: string) => warnings.push(`--prompt: ${warning}`);
  const boxed = layouts.map((layout, i) => {
    const caption = withoutWeights(layout.prompt, prompts);
    const { objects } = layoutFromCaption(caption, { ...words, seed: seed + i, onWarning });
    return { ...layout, objects };
  });
  return { layouts: boxed, warnings };
}

/** A prompt's text alone: the number of "(red:1.3) cat" counts no cats. */
const withoutWeights = (prompt: string, { promptWeighting }: PromptRequest): string =>
  promptWeighting === undefined
    ? prompt
    : readingNow(() => weightedParts(prompt, promptWeighting), '--prompt: ')
        .map(({ text }) => text)
        .join('');

/** The phrases that got a box, for people: "2 x a rocket, a cat". Undefined where there are none. */
export function boxedPhrases(layouts: readonly Layout[], flags: Flags): string | undefined {
  const objects = flags.has('object') || !flags.has('prompt') ? [] : (layouts[0]?.objects ?? []);
  const counts = new Map<string, number>();
  for (const { phrase } of objects) counts.set(phrase, (counts.get(phrase) ?? 0) + 1);
  const parts = [...counts].map(([phrase, count]) => (count > 1 ? `${count} x ${phrase}` : phrase));
  return parts.length > 0 ? parts.join(', ') : undefined;
}

async function knownThings(
  { detectors, plugins, modules }: KnownPlugins,
  request: ModelRequest,
): Promise<CaptionWords | undefined> {
  const grounds = plugins.some(({ by }) => by !== 'nobody');
  if (!grounds) return undefined;
  const files = await localFiles(request);
  const categories = files ? await reading(() => readCategories(files), '--model: ') : [];
  const judge =
    files && detectors.judges && (await declaredVocabulary(detectors.judges, modules, files, '--model'));
  if (!judge && categories.length === 0) return undefined;
  const words = judge && { labelOf: labelling(judge), aspectOf: judge.aspectOf?.bind(judge) };
  return withCategories(words, categories);
}
