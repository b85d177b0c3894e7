// Paints layouts, judges the pictures, and judges real pictures of the same layouts beside them.

import type { Detection, RgbImage } from '@spatiallock/core';
import { figuresOf } from './figures.js';
import type { Evaluator } from './matchObjects.js';
import type { EvaluatedPicture, MeasuredPictures } from './report.js';
import { type Generator, type SampleOptions, samplePictures } from './sample.js';
import type { EvaluatedLayout } from './scene.js';

/** Pictures that the detector sees at once. */
const DETECTED_TOGETHER = 16;

/** What an evaluation is doing. */
export type EvaluationTask = 'painting' | 'judging';

/** Options of `evaluateScenes`. */
export interface EvaluateScenesOptions<Scene extends EvaluatedLayout>
  extends Omit<SampleOptions, 'onProgress'> {
  readonly pipe: Generator;
  readonly evaluator: Pick<Evaluator, 'detectMany'>;
  readonly scenes: readonly Scene[];
  /** Real pictures of the scenes, of the generated pictures' size: what they reach is the upper bound. Default: none. */
  readonly realPictures?: (
    scenes: readonly Scene[],
    size: Pick<RgbImage, 'width' | 'height'>,
  ) => Promise<readonly RgbImage[]>;
  /** Receives how many pictures are done, in fractions, while painting; all of them while judging. */
  readonly onProgress?: (pictures: number, task: EvaluationTask) => void;
}

/**
 * Samples a picture for each scene and measures where its objects stand; picture i has the seed `seed + i`. Rejects
 * where there is no scene, and with the signal's reason once it is aborted.
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
export async function evaluateScenes<Scene extends EvaluatedLayout>({
  pipe,
  evaluator,
  scenes,
  realPictures,
  onProgress,
  ...sampling
}: EvaluateScenesOptions<Scene>): Promise<MeasuredPictures> {
  if (scenes.length === 0) throw new Error('scenes: there is none to evaluate');
  const begin = performance.now();
  const sampled = await samplePictures(
    pipe,
    scenes.map(({ layout }) => layout),
    { ...sampling, onProgress: (done) => onProgress?.(done, 'painting') },
  );
  const seconds = (performance.now() - begin) / 1000;

  onProgress?.(scenes.length, 'judging');
  const images = sampled.map(({ image }) => image);
  const real = await realPictures?.(scenes, images[0]!);
  const detections = await detectAll(evaluator, images, sampling.signal);
  const realDetections = real && (await detectAll(evaluator, real, sampling.signal));
  const pictures = scenes.map((scene, i): EvaluatedPicture => {
    return {
      scene,
      seed: sampled[i]!.seed,
      image: images[i]!,
      detections: detections[i]!,
      ...(real && realDetections ? { real: { image: real[i]!, detections: realDetections[i]! } } : {}),
    };
  });
  return {
    secondsPerPicture: seconds / scenes.length,
    generated: figuresOf(pictures),
    ...(real ? { real: figuresOf(pictures.map((picture) => ({ ...picture, ...picture.real }))) } : {}),
    pictures,
  };
}

async function detectAll(
  evaluator: Pick<Evaluator, 'detectMany'>,
  images: readonly RgbImage[],
  signal: AbortSignal,
): Promise<Detection[][]> {
  const detections: Detection[][] = [];
  for (let first = 0; first < images.length; first += DETECTED_TOGETHER) {
    signal.throwIfAborted();
    detections.push(...(await evaluator.detectMany(images.slice(first, first + DETECTED_TOGETHER))));
  }
  return detections;
}
