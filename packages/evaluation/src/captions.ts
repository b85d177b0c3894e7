// What pictures of captions alone show of what the captions name.

import type { Detection, Layout, RgbImage } from '@spatiallock/core';
import { checkCallback } from '@spatiallock/core/checks';
import { checkAskingScenes, checkJudges, checkSampling } from './checkArguments.js';
import type { EvaluateScenesOptions } from './evaluateScenes.js';
import { findNamed, type NamedEvaluator } from './look.js';
import { MIN_SCORE } from './metrics/evaluate.js';
import { realPicturesOf } from './realPictures.js';
import { type Generator, type SampleOptions, samplePictures } from './sample.js';
import type { EvaluatedLayout } from './scene.js';

/** How many of the objects that captions name are there, anywhere in the picture. */
export interface PresenceFigures {
  readonly named: number;
  /** The share of them that was found. */
  readonly present: number;
  /** The share of pictures that show all of them. */
  readonly complete: number;
}

/** What pictures of captions alone show, by several judges. */
export interface CaptionFigures {
  readonly pictures: number;
  /** By the judge's name; `real`: of real pictures, where there are any. */
  readonly judges: Readonly<
    Record<string, { readonly generated: PresenceFigures; readonly real?: PresenceFigures }>
  >;
}

/** Options of `captionsAlone`. */
export interface CaptionOptions<Scene extends EvaluatedLayout>
  extends SampleOptions,
    Pick<EvaluateScenesOptions<Scene>, 'realPictures'> {
  readonly pipe: Generator;
  readonly judges: readonly NamedEvaluator[];
  readonly scenes: readonly Scene[];
  /** Boxes drawn for a prompt, such as those of `layoutFromCaption`. Default: no boxes. */
  readonly objectsOf?: (prompt: string, index: number) => Layout['objects'];
}

/**
 * Paints the prompts of scenes without their boxes, or with those that `objectsOf` draws, and looks for the objects that they
 * name: as many of each label as were asked for, anywhere in the picture.
 */
export async function captionsAlone<Scene extends EvaluatedLayout>(
  options: CaptionOptions<Scene>,
): Promise<CaptionFigures> {
  checkSampling(options);
  checkAskingScenes(options.scenes, 'options.scenes');
  checkJudges(options.judges, 'options.judges');
  checkCallback(options.realPictures, 'options.realPictures');
  checkCallback(options.objectsOf, 'options.objectsOf');
  const { pipe, judges, scenes, realPictures, objectsOf = () => [], ...sampling } = options;
  const layouts = scenes.map(
    ({ layout }, i): Layout => ({ ...layout, objects: objectsOf(layout.prompt, i) }),
  );
  const sampled = await samplePictures(pipe, layouts, sampling);
  const images = sampled.map(({ image }) => image);
  const real = realPictures && (await realPicturesOf(realPictures, scenes, images));
  const figures: CaptionFigures['judges'][string][] = [];
  for (const judge of judges) {
    const found = async (pictures: readonly RgbImage[]): Promise<PresenceFigures> =>
      presence(scenes, await findNamed(judge, pictures, scenes, sampling.signal));
    figures.push({ generated: await found(images), ...(real ? { real: await found(real) } : {}) });
  }
  return {
    pictures: scenes.length,
    judges: Object.fromEntries(judges.map(({ name }, i) => [name, figures[i]!])),
  };
}

/** Counts for each picture how many of the labels asked for were seen. */
export function presence(
  scenes: readonly Pick<EvaluatedLayout, 'labels'>[],
  detections: readonly (readonly Detection[])[],
): PresenceFigures {
  const found = scenes.map(({ labels }, i) => {
    const seen = detections[i]!.filter(({ score }) => score >= MIN_SCORE).map(({ label }) => label);
    const left = [...seen];
    return labels.filter((label) => {
      const at = left.indexOf(label);
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    }).length;
  });
  const named = scenes.reduce((sum, { labels }) => sum + labels.length, 0);
  const complete = found.filter((count, i) => count === scenes[i]!.labels.length).length;
  return {
    named,
    present: found.reduce((sum, count) => sum + count, 0) / named,
    complete: complete / scenes.length,
  };
}
