// Every listed scheduler, judged by the pictures that it paints with the shipped model.

import { fileURLToPath } from 'node:url';
import { cpu } from '@spatiallock/backend-onnx';
import { type Layout, type Pipeline, schedulerNames } from '@spatiallock/core';
import { type CenterDetector, centerDetector } from '@spatiallock/detectors';
import { evaluateDetections } from '@spatiallock/evaluation';
import { directory, fromPretrained } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { labelOf } from '@spatiallock/scenes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleLayouts, modelDirectory } from '../src/index.js';

const judgeFolder = fileURLToPath(new URL('../../detectors/weights/center', import.meta.url));
const backend = cpu();
let pipe: Pipeline;
let judge: CenterDetector;

/** Objects that the judge cannot overlook, so that what is missed was not painted. */
const [{ seed: _, ...layout }] = exampleLayouts;
const layouts: readonly Layout[] = [layout];
const truth = layout.objects.map(({ phrase, box }) => ({ label: labelOf(phrase)!, box }));

beforeAll(async () => {
  pipe = await fromPretrained(modelDirectory, { backend, plugins: [poi()] });
  judge = await centerDetector({ backend, files: directory(judgeFolder), batch: layouts.length });
});
afterAll(async () => {
  await pipe.dispose();
  await judge.dispose();
  await backend.dispose();
});

async function meanIoU(scheduler: string, steps: number): Promise<number> {
  const { images } = await pipe.generate(layouts, { seed: 1, steps, scheduler });
  const detections = await judge.detectMany(images);
  return evaluateDetections([{ truth, detections: detections[0]! }]).meanIoU;
}

describe('every listed scheduler', () => {
  let ddim: number;
  beforeAll(async () => {
    ddim = await meanIoU('ddim', 25);
  });

  it.each(schedulerNames)('%s paints in 25 steps as well as ddim', async (name) => {
    // Measured: 0.971 (kdpm2_a) to 0.978 (heun), ddim 0.978.
    expect(await meanIoU(name, 25)).toBeGreaterThan(ddim - 0.03);
  });

  it.each(schedulerNames)('%s paints in few steps', async (name) => {
    // Measured: 0.970 (dpmpp_sde) to 0.983 (kdpm2), ddim 0.980.
    expect(await meanIoU(name, 4)).toBeGreaterThan(ddim - 0.05);
  });
});
