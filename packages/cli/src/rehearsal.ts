// What `spatiallock train` paints by the base model before it learns new words, so that the old ones stay.

import type { FileSource, Layout } from '@spatiallock/core';
import { wordsIn } from '@spatiallock/core/pipeline';
import { drawLayout, type LabelledImage, parseSpecification } from '@spatiallock/data';
import { modelNeeds } from '@spatiallock/node';
import { textsOf } from '@spatiallock/training';
import { declaredVocabulary } from './detectors.js';
import { InputError } from './errors.js';
import type { Io } from './io.js';
import { readLayoutFile } from './layoutFile.js';
import { knownWords } from './localModel.js';
import { type KnownPlugins, layoutFieldsOf, modulesFrom } from './plugins/known.js';

/** Layouts that are drawn where a data set has words that the base does not know. */
const DRAWN = 192;
const MOST = 100_000;

/** `--rehearse`: so many layouts of classes that the base knows, or a file of layouts. */
export type RehearsalRequest = number | { readonly file: string };

/** Reads the value of --rehearse; a number is a count. */
export function readRehearsal(given: string | undefined): RehearsalRequest | undefined {
  if (given === undefined) return undefined;
  if (given.trim() === '' || Number.isNaN(Number(given))) return { file: given };
  const count = Number(given);
  if (Number.isInteger(count) && count >= 0 && count <= MOST) return count;
  throw new InputError(`--rehearse: must be 0..${MOST} or a file of layouts, not ${given}`);
}

interface Given {
  readonly pictures: readonly LabelledImage[];
  readonly captions?: ReadonlyMap<string, string>;
  readonly newWords: boolean;
}

/**
 * The layouts to rehearse: those of a file, or drawn from the classes that the base's own judge names, by default where the
 * data set has new words. Rejects with an InputError where layouts are asked for and the base names no classes.
 */
export async function rehearsalLayouts(
  files: FileSource,
  request: RehearsalRequest | undefined,
  { newWords, ...given }: Given,
  known: KnownPlugins,
  io: Io,
): Promise<readonly Layout[]> {
  if (typeof request === 'object') {
    return (await readLayoutFile(request.file, io, layoutFieldsOf(known), '--rehearse')).layouts;
  }
  const words = await knownWords(files, '--base');
  const isNew = (text: string): boolean =>
    words !== undefined && wordsIn(text).some((word) => !words.includes(word));
  const count = request ?? (newWords && textsOf(given).some(isNew) ? DRAWN : 0);
  if (count === 0) return [];
  const labels = (await knownLabels(files)).filter((label) => !isNew(label));
  if (labels.length === 0) {
    if (request === undefined) return [];
    throw new InputError(
      '--rehearse: the base declares no judge whose classes it knows; give a file of layouts',
    );
  }
  const specification = parseSpecification({ count, classes: labels });
  return Array.from({ length: count }, (_, i): Layout => {
    const { prompt, objects } = drawLayout(specification, i);
    return { prompt, objects: objects.map(({ phrase, box }) => ({ phrase, box })) };
  });
}

/** The classes of the detector that judges the base's pictures, as the base declares it. */
async function knownLabels(files: FileSource): Promise<readonly string[]> {
  const { judges } = (await modelNeeds(files)).detectors;
  if (judges === undefined) return [];
  return (await declaredVocabulary(judges, modulesFrom('.'), files, '--base'))?.labels ?? [];
}
