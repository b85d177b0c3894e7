// Why does the model stop short of real scenes? One measurement for each source of error, by the judge that `evaluate` asks.

import type { Backend, Layout, Pipeline, RgbImage } from '@spatiallock/core';
import { decodeDc, encodeDc } from '@spatiallock/core/models';
import {
  type EvaluatedLayout,
  type EvaluatedScene,
  type Evaluator,
  figuresOf,
  MIN_SCORE,
  matchInstances,
  samplePictures,
} from '@spatiallock/evaluation';
import { copyPictures, seedRanges } from '@spatiallock/research-harness';
import type { PretrainedParts } from '@spatiallock/research-recipe-128';
import { autoencoderConfig, IMAGE_SIZE } from '@spatiallock/research-recipe-128';
import {
  type HeldOutScene,
  heldOutScenes,
  planScene,
  realImages,
  type Variety,
} from '@spatiallock/research-scenes-128';

export interface ErrorSource {
  readonly name: string;
  readonly meanIoU: number;
  readonly success: number;
  /** Mean IoU of objects below 2 % of the picture and of those beyond 2:1; null where there are none. */
  readonly small: number | null;
  readonly stretched: number | null;
}

export interface ErrorAnalysisOptions {
  readonly backend: Backend;
  /** What paints; without it only real scenes and the autoencoder's copies of them are judged. */
  readonly pipe?: Pipeline;
  readonly weights: Pick<PretrainedParts, 'autoencoder'>;
  readonly judge: Evaluator;
  /** Layouts, and how much their boxes differ. */
  readonly count: number;
  readonly variety: Variety;
  readonly signal: AbortSignal;
  readonly say: (source: ErrorSource) => void;
}

/** Of the layouts: other ones than those of `evaluate` and of the ablation. */
const LAYOUT_SEED = 3;
const BATCH = 8;
const NOISES = 4;

/** Measures real scenes, the autoencoder's copies of them, and the model's pictures under other circumstances. */
export async function analyseErrors(options: ErrorAnalysisOptions): Promise<ErrorSource[]> {
  const { count, variety, say, pipe } = options;
  const scenes = heldOutScenes(LAYOUT_SEED, count, variety);
  const found: ErrorSource[] = [];
  const tell = (name: string, judged: readonly EvaluatedScene[]): void => {
    const { meanIoU, instanceSuccessRate: success, subsets } = figuresOf(judged);
    const [small, stretched] = [subsets.small.meanIoU, subsets.stretched.meanIoU];
    found.push({ name, meanIoU, success, small, stretched });
    say(found.at(-1)!);
  };
  const real = await realImages(scenes, { width: IMAGE_SIZE, height: IMAGE_SIZE });
  tell('real scenes: the judge', await seen(options, scenes, real));
  tell('their copies: the autoencoder', await seen(options, scenes, await copies(options, real)));
  if (!pipe) return found;

  const drawn = await painted(pipe, options, scenes, { seed: 1 });
  tell('the model as it is', drawn);
  tell('faint detections counted: the likeness', faintToo(drawn));
  tell('four times the steps: the sampler', await painted(pipe, options, scenes, { seed: 1, steps: 100 }));
  tell(
    'layouts of its training: generalisation',
    await painted(pipe, options, trainedScenes(count, variety), { seed: 1 }),
  );
  let best = drawn;
  for (let k = 1; k < NOISES; k++) {
    const other = await painted(pipe, options, scenes, { seed: 1 + 100_000 * k });
    best = best.map((each, i) => (overlap(other[i]!) > overlap(each) ? other[i]! : each));
  }
  tell(`the best of ${NOISES} noises: chance`, best);
  for (const { name, judged } of bySize(drawn)) tell(name, judged);
  return found;
}

/** Every detection counted, whatever its score: objects that stand there and are hardly recognised. */
const faintToo = (judged: readonly EvaluatedScene[]): EvaluatedScene[] =>
  judged.map(({ detections, ...rest }) => ({
    ...rest,
    detections: detections.map((each) => ({ ...each, score: Math.max(each.score, MIN_SCORE) })),
  }));

async function seen(
  { judge }: ErrorAnalysisOptions,
  scenes: readonly HeldOutScene[],
  images: readonly RgbImage[],
): Promise<EvaluatedScene[]> {
  const detections = await judge.detectMany(images);
  return scenes.map((scene, i) => ({ scene, image: images[i]!, detections: detections[i]! }));
}

async function painted(
  pipe: Pipeline,
  options: ErrorAnalysisOptions,
  scenes: readonly HeldOutScene[],
  sampling: { readonly seed: number; readonly steps?: number },
): Promise<EvaluatedScene[]> {
  const layouts = scenes.map(({ layout }): Layout => layout);
  const { signal } = options;
  const pictures = await samplePictures(pipe, layouts, { ...sampling, batch: BATCH, signal });
  return seen(
    options,
    scenes,
    pictures.map(({ image }) => image),
  );
}

/** Scenes of the U-Net's own training. */
function trainedScenes(count: number, variety: Variety): HeldOutScene[] {
  return Array.from({ length: count }, (_, i) => {
    const { seed, background, caption, objects } = planScene(seedRanges.unet + 2 * i, { variety });
    return {
      seed,
      background,
      layout: { prompt: caption, objects: objects.map(({ phrase, box }) => ({ phrase, box })) },
      labels: objects.map(({ label }) => label),
      unseen: objects.map(() => false),
    };
  });
}

/** The autoencoder's copies of pictures. */
const copies = (
  { backend, weights }: ErrorAnalysisOptions,
  images: readonly RgbImage[],
): Promise<RgbImage[]> =>
  copyPictures(
    {
      backend,
      weights: weights.autoencoder,
      copy: (scope, image) => decodeDc(scope, autoencoderConfig, encodeDc(scope, autoencoderConfig, image)),
    },
    images,
  );

const truthOf = ({ layout, labels }: EvaluatedLayout) =>
  layout.objects.map(({ box }, i) => ({ box, label: labels[i]! }));

/** The sum of a picture's IoUs. */
function overlap({ scene, detections }: EvaluatedScene): number {
  const strong = detections.filter(({ score }) => score >= MIN_SCORE);
  return matchInstances(truthOf(scene), strong).reduce((sum, { iou }) => sum + iou, 0);
}

/** Objects of three sizes apart: the grid that carries grounding has cells of 1/16. */
function bySize(judged: readonly EvaluatedScene[]): { name: string; judged: EvaluatedScene[] }[] {
  const sides = [0, 3.5, 5.5, 16];
  return sides.slice(1).map((most, k) => ({
    name: `objects of ${sides[k]} to ${most} cells: the grid`,
    judged: judged.flatMap(({ scene, ...rest }) => {
      const kept = scene.layout.objects.flatMap(({ box: [x0, y0, x1, y1] }, i) => {
        const side = 16 * Math.sqrt((x1 - x0) * (y1 - y0));
        return side > sides[k]! && side <= most ? [i] : [];
      });
      if (kept.length === 0) return [];
      const pick = <T>(from: readonly T[]): T[] => kept.map((i) => from[i]!);
      const layout = { ...scene.layout, objects: pick(scene.layout.objects) };
      return [{ ...rest, scene: { ...scene, layout, labels: pick(scene.labels), unseen: undefined } }];
    }),
  }));
}
