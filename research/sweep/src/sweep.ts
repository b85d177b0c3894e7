// The same held-out layouts and seeds by each of some sampling settings, judged as by `evaluate`.

import { cpu } from '@spatiallock/backend-onnx';
import { createPipeline, type Plugin, type RgbImage } from '@spatiallock/core';
import { loadModel } from '@spatiallock/core/pipeline';
import { centerDetector } from '@spatiallock/detectors';
import { type Figures, figuresOf, samplePictures, subsetNames } from '@spatiallock/evaluation';
import { directory } from '@spatiallock/node';
import { pog, readPerception } from '@spatiallock/pog';
import { poi } from '@spatiallock/poi';
import { type CommandContext, psnr } from '@spatiallock/research-harness';
import { modelDirectory } from '@spatiallock/research-model-128';
import { judgeDirectory } from '@spatiallock/research-model-128/judge';
import { openSupervisor } from '@spatiallock/research-recipe-128';
import { heldOutScenes } from '@spatiallock/research-scenes-128';
import type { SweepRequest, SweptSetting } from './settings.js';

const BATCH = 16;

interface Swept {
  readonly figures: Figures;
  readonly images: readonly RgbImage[];
}

/**
 * Says for each setting mean IoU, success, AP50, AP and the seconds a picture took, then mean IoU on the subsets, and from the second
 * setting on how near the pictures are to the first setting's.
 */
export async function sweep(request: SweepRequest, { signal, say }: CommandContext): Promise<void> {
  const { count, seed, variety, model: folder = modelDirectory, settings } = request;
  const backend = cpu();
  const files = directory(folder);
  const model = await loadModel(files, [poi()]);
  const { guide } = await openSupervisor(backend);
  const judge = await centerDetector({ backend, files: directory(judgeDirectory) });
  const scenes = heldOutScenes(seed, count, variety);
  const layouts = scenes.map(({ layout }) => layout);

  async function figuresBy({ pog: image, feature, ...sampling }: SweptSetting): Promise<Swept> {
    const guides: Plugin[] = [
      ...(feature ? [pog({ guidance: { ...feature, perception: await readPerception(files) } })] : []),
      ...(image ? [pog({ guidance: { ...image, detector: guide } })] : []),
    ];
    const plugins = [poi(), ...guides];
    const pipe = createPipeline(model, { backend, plugins });
    try {
      const sampled = await samplePictures(pipe, layouts, { ...sampling, seed, batch: BATCH, signal });
      const images = sampled.map((each) => each.image);
      const detections = await judge.detectMany(images);
      const judged = scenes.map((scene, i) => ({ scene, image: images[i]!, detections: detections[i]! }));
      return { figures: figuresOf(judged), images };
    } finally {
      await pipe.dispose();
    }
  }

  let first: readonly RgbImage[] | undefined;
  for (const setting of settings) {
    const begin = performance.now();
    const { figures, images } = await figuresBy(setting);
    const seconds = ((performance.now() - begin) / 1000 / count).toFixed(2);
    const row = [figures.meanIoU, figures.instanceSuccessRate, figures.AP50, figures.AP];
    say(`${JSON.stringify(setting)}: ${row.map((each) => each.toFixed(4)).join('  ')}  ${seconds} s`);
    const subsets = subsetNames.map((name) => `${name} ${figures.subsets[name].meanIoU?.toFixed(3) ?? '-'}`);
    say(`  ${subsets.join(', ')}`);
    if (first) say(`  PSNR to the first ${meanPsnr(first, images).toFixed(1)} dB`);
    first ??= images;
  }
  await judge.dispose();
  await backend.dispose();
}

function meanPsnr(a: readonly RgbImage[], b: readonly RgbImage[]): number {
  return a.reduce((sum, { data }, i) => sum + psnr(data, b[i]!.data), 0) / a.length;
}
