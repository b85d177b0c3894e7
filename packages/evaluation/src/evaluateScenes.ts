// Paints layouts, judges the pictures, and judges real pictures of the same layouts beside them.

import type { RgbImage } from '@spatiallock/core';
import { checkCallback } from '@spatiallock/core/checks';
import { checkAskingScenes, checkJudge, checkJudges, checkSampling } from './checkArguments.js';
import { figuresOf } from './figures.js';
import { type Look, lookAt, type NamedEvaluator } from './look.js';
import { type RealPictures, realPicturesOf } from './realPictures.js';
import type { EvaluatedPicture, EvaluatorFigures, MeasuredPictures } from './report.js';
import { type Generator, type SampledPicture, type SampleOptions, samplePictures } from './sample.js';
import type { EvaluatedLayout } from './scene.js';

/** What an evaluation is doing. */
export type EvaluationTask = 'painting' | 'judging';

/** Options of `evaluateScenes`. */
export interface EvaluateScenesOptions<Scene extends EvaluatedLayout>
  extends Omit<SampleOptions, 'onProgress'> {
  readonly pipe: Generator;
  readonly evaluator: Omit<NamedEvaluator, 'name'>;
  /** Further judges of the same pictures. */
  readonly others?: readonly NamedEvaluator[];
  readonly scenes: readonly Scene[];
  /**
   * Real pictures of the scenes, of the generated pictures' size: they show how far a judge errs by itself. Called once for
   * each size, with the scenes that have it. Default: none.
   */
  readonly realPictures?: RealPictures<NoInfer<Scene>>;
  /** Receives how many pictures are done, in fractions, while painting; all of them while judging. */
  readonly onProgress?: (pictures: number, task: EvaluationTask) => void;
}

/**
 * Samples a picture for each scene and measures where its objects stand; picture i has the seed `seed + i`. Rejects
 * where there is no scene or none asks for an object, and with the signal's reason once it is aborted.
 *
 * @example
 * ```ts
 * import type { Pipeline } from '@spatiallock/core';
 * import { type Evaluator, evaluateScenes } from '@spatiallock/evaluation';
 *
 * export async function meanIoU(pipe: Pipeline, evaluator: Evaluator): Promise<number> {
 *   const layout = { prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0, 0, 0.5, 0.5] as const }] };
 *   const { signal } = new AbortController();
 *   const scenes = [{ layout, labels: ['dog'] }];
 *   const { generated } = await evaluateScenes({ pipe, evaluator, scenes, signal, seed: 1, batch: 8 });
 *   return generated.meanIoU;
 * }
 * ```
 */
export async function evaluateScenes<Scene extends EvaluatedLayout>(
  options: EvaluateScenesOptions<Scene>,
): Promise<MeasuredPictures> {
  checkSampling(options);
  checkAskingScenes(options.scenes, 'options.scenes');
  checkJudge(options.evaluator, 'options.evaluator');
  if (options.others !== undefined) checkJudges(options.others, 'options.others');
  checkCallback(options.realPictures, 'options.realPictures');
  checkCallback(options.onProgress, 'options.onProgress');
  const { pipe, evaluator, others = [], scenes, realPictures, onProgress, ...sampling } = options;
  const begin = performance.now();
  const sampled = await samplePictures(
    pipe,
    scenes.map(({ layout }) => layout),
    { ...sampling, onProgress: (done) => onProgress?.(done, 'painting') },
  );
  const seconds = (performance.now() - begin) / 1000;

  onProgress?.(scenes.length, 'judging');
  const images = sampled.map(({ image }) => image);
  const real = realPictures && (await realPicturesOf(realPictures, scenes, images));
  const judged: { generated: Look[]; real?: Look[] }[] = [];
  for (const each of [evaluator, ...others]) {
    const generated = await lookAt(each, images, scenes, sampling.signal);
    const drawn = real && (await lookAt(each, real, scenes, sampling.signal));
    judged.push({ generated, ...(drawn ? { real: drawn } : {}) });
  }
  const [own, ...further] = judged.map((each) => picturesOf(scenes, sampled, real, each));
  const pictures = own!.map((picture, i): EvaluatedPicture => {
    if (further.length === 0) return picture;
    const looks = further.map((each, k) => [others[k]!.name, each[i]!.detections] as const);
    return { ...picture, others: Object.fromEntries(looks) };
  });
  const figures = further.map((each, k) => [others[k]!.name, judgeFigures(each)] as const);
  return {
    secondsPerPicture: seconds / scenes.length,
    ...judgeFigures(own!),
    ...(further.length === 0 ? {} : { others: Object.fromEntries(figures) }),
    pictures,
  };
}

function picturesOf(
  scenes: readonly EvaluatedLayout[],
  sampled: readonly SampledPicture[],
  drawn: readonly RgbImage[] | undefined,
  { generated, real }: { readonly generated: readonly Look[]; readonly real?: readonly Look[] },
): EvaluatedPicture[] {
  return scenes.map((scene, i) => {
    const { seed, image } = sampled[i]!;
    return {
      ...{ scene, seed, image, ...generated[i]! },
      ...(drawn && real ? { real: { image: drawn[i]!, ...real[i]! } } : {}),
    };
  });
}

/** One judge's figures of generated and, where there are any, real pictures. */
function judgeFigures(pictures: readonly EvaluatedPicture[]): EvaluatorFigures {
  const real = pictures.flatMap((picture) => (picture.real ? [{ ...picture, ...picture.real }] : []));
  return { generated: figuresOf(pictures), ...(real.length === 0 ? {} : { real: figuresOf(real) }) };
}
