// A picture in five steps: text in, pixels out, every graph of the pipeline on the backend.

import {
  type Backend,
  type FileSource,
  type RgbImage,
  referenceBackend,
  type Tensor,
  tensor,
} from '@spatiallock/core';
import { parseUNet2dConditionConfig } from '@spatiallock/core/models';
import {
  decodeRow,
  denoise,
  graphCache,
  guidedPrediction,
  latentAutoencoder,
  unetGraph,
} from '@spatiallock/core/pipeline';
import { schedulerFromConfig } from '@spatiallock/core/schedulers';
import type { Case } from './case.js';
import { worst } from './compare.js';
import { readJson, readTensors } from './networks.js';
import { normal } from './specimen.js';
import { toleranceOf } from './tolerances.js';

const STEPS = 5;
const SIDE = 4;
const WEIGHTS = 'diffusion_pytorch_model.safetensors';

async function paint(backend: Backend, fixtures: FileSource): Promise<{ latents: Tensor; image: RgbImage }> {
  const config = parseUNet2dConditionConfig(await readJson(fixtures, 'unet/config.json'));
  const text = (await readTensors(fixtures, 'expected.safetensors'))['text.last_hidden_state']!;
  const params = await readTensors(fixtures, `unet/${WEIGHTS}`);
  const unets = graphCache({ component: 'unet', backend, params });
  const vaes = graphCache({
    component: 'vae',
    backend,
    params: await readTensors(fixtures, `vae/${WEIGHTS}`),
  });
  try {
    const sizes = { batch: 2, height: SIDE, width: SIDE, tokens: text.shape[1]!, objects: 2 };
    const { executable } = await unets.lease('picture', () => unetGraph(config, [], sizes, () => false));
    const shape = [1, config.in_channels, SIDE, SIDE];
    const predict = guidedPrediction({ executable, shape, text, pluginInputs: () => ({}), guidanceScale: 3 });
    const plan = schedulerFromConfig(await readJson(fixtures, 'scheduler_config.json'), 'ddim').plan(STEPS);
    let sample = new Float32Array();
    for await (const call of denoise({
      plan,
      noise: () => normal(shape, 11).data as Float32Array,
      predict,
    })) {
      sample = Float32Array.from(call.sample);
    }
    const decoder = latentAutoencoder('AutoencoderKL', await readJson(fixtures, 'vae/config.json'));
    const latents = tensor(sample, shape);
    return { latents, image: await decodeRow({ decoder, graphs: vaes }, latents, 0) };
  } finally {
    await Promise.all([unets.dispose(), vaes.dispose()]);
  }
}

async function expectPicture(backend: Backend, fixtures: FileSource): Promise<void> {
  const expected = await paint(referenceBackend(), fixtures);
  const { latents, image } = await paint(backend, fixtures);
  const tolerance = toleranceOf(backend.name, 'picture', 'float32');
  const { error } = worst(latents.data, expected.latents.data);
  if (error > tolerance)
    throw new Error(`latents: the error is ${error} of the largest; allowed are ${tolerance}`);
  const apart = image.data.reduce((most, x, i) => Math.max(most, Math.abs(x - expected.image.data[i]!)), 0);
  const allowed = 1 + Math.ceil(tolerance * 255);
  if (apart > allowed) throw new Error(`image: pixels differ by ${apart} of 255; allowed are ${allowed}`);
}

export function pictureCases(fixtures: FileSource): Case[] {
  return [{ name: `picture: ${STEPS} steps`, run: (backend) => expectPicture(backend, fixtures) }];
}
