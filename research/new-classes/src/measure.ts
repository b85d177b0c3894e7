// What a model paints: of the new classes by the judge that knows their pictures, of the old ones by the embedded judge.

import type { Backend, FileSource, RgbImage } from '@spatiallock/core';
import { centerDetector } from '@spatiallock/detectors';
import { evaluateScenes, samplePictures } from '@spatiallock/evaluation';
import { directory, fromPretrained } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { judgeDirectory } from '@spatiallock/research-detectors';
import {
  askedOf,
  heldOutScenes,
  loadArt as loadJudgeArt,
  type ScenePlan,
  type Sprite,
} from '@spatiallock/scenes';
import { figuresOfNew, type NewFigures, newJudge } from './judge.js';
import { planNew } from './scenes.js';

/** Seeds of held-out layouts of the new classes. */
const HELD_OUT = 900_000;
const BATCH = 16;
/** The network alone, in the calls that it was distilled to, as all rows of the table were measured. */
const sampling = { steps: 6, details: false } as const;

export interface MeasureOptions {
  readonly backend: Backend;
  readonly model: string | FileSource;
  readonly signal: AbortSignal;
}

export interface NewPictures extends NewFigures {
  readonly images: readonly RgbImage[];
}

/** Paints held-out layouts of the new classes, PoI alone, and judges them. */
export async function measureNew(
  { backend, model, signal }: MeasureOptions,
  sprites: readonly Sprite[],
  count: number,
  promptOf: (plan: ScenePlan) => string = ({ caption }) => caption,
): Promise<NewPictures> {
  const layouts = Array.from({ length: count }, (_, i) => {
    const plan = planNew(HELD_OUT + i, sprites);
    return askedOf({ prompt: promptOf(plan), objects: plan.objects });
  });
  const pipe = await fromPretrained(model, { backend, plugins: [poi()] });
  try {
    const images = (await samplePictures(pipe, layouts, { ...sampling, seed: 1, batch: BATCH, signal })).map(
      ({ image }) => image,
    );
    const judge = newJudge(await loadJudgeArt(), sprites);
    const judged = images.flatMap((image, i) => judge(image, layouts[i]!));
    return { ...figuresOfNew(judged), images };
  } finally {
    await pipe.dispose();
  }
}

/** Mean IoU and success of held-out layouts of the 64 classes, PoI alone. */
export async function measureOld({ backend, model, signal }: MeasureOptions, count: number) {
  const pipe = await fromPretrained(model, { backend, plugins: [poi()] });
  const judge = await centerDetector({ backend, files: directory(judgeDirectory), batch: BATCH });
  try {
    const scenes = heldOutScenes(1, count);
    const { generated } = await evaluateScenes({
      pipe,
      evaluator: judge,
      signal,
      scenes,
      ...sampling,
      seed: 1,
      batch: BATCH,
    });
    return { meanIoU: generated.meanIoU, success: generated.instanceSuccessRate };
  } finally {
    await judge.dispose();
    await pipe.dispose();
  }
}
