// Both losses against finite differences, at double precision, through U-Net, decoder and detector.

import { grad, type Value } from '@spatiallock/core';
import { type Dense, type Denses, denseOf, interpretDouble } from '@spatiallock/core/backend';
import { decodeDc, parseAutoencoderDcConfig } from '@spatiallock/core/models';
import { initialise, random } from '@spatiallock/core/nn';
import { centerGraph, centerTargetInputs, centerTargets, defaultCenterConfig } from '@spatiallock/detectors';
import { expect, it } from 'vitest';
import { lowNoiseRows, type PogTrainingOptions } from '../src/index.js';
import { pogStep, rectangles, smallUNet } from './support.js';

const SIDE = 8;
const STEP = 1e-5;

/** Compares the slope along a random direction of each named leaf with a central difference. */
function expectSlopes(loss: Value, leaves: Readonly<Record<string, Value>>, inputs: Denses, params: Denses) {
  const names = Object.keys(leaves);
  const values = Object.values(leaves);
  const gradients = interpretDouble(
    Object.fromEntries(grad(loss, values).map((value, i) => [names[i]!, value])),
    inputs,
    params,
  );
  const rng = random(7);
  for (const name of names) {
    const at = (name in inputs ? inputs : params)[name]!;
    const direction = Float64Array.from(at.data, () => rng.normal());
    const lossAt = (step: number): number => {
      const moved: Dense = { ...at, data: Float64Array.from(at.data, (x, i) => x + step * direction[i]!) };
      const feeds =
        name in inputs ? [{ ...inputs, [name]: moved }, params] : [inputs, { ...params, [name]: moved }];
      return interpretDouble({ loss }, feeds[0], feeds[1]).loss!.data[0]!;
    };
    const numeric = (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP);
    const analytic = direction.reduce((sum, d, i) => sum + d * gradients[name]!.data[i]!, 0);
    expect(Math.abs(numeric), `${name}: the loss must depend on it`).toBeGreaterThan(1e-7);
    expect(Math.abs(analytic - numeric) / Math.abs(numeric), name).toBeLessThan(1e-4);
  }
}

const someParams = (values: Readonly<Record<string, Value>>): Denses =>
  denseOf(initialise(values, 1), 'float64');

it('feature path: through heads, Enh-Fusion, attention and the U-Net', () => {
  const config = {
    _class_name: 'PerceptionNetwork',
    stages: ['up'],
    channels: 8,
    norm_groups: 4,
    bins: 5,
  } as const;
  const options: PogTrainingOptions = { batch: 2, objects: 2, feature: { config, lambda: 1 } };
  const step = pogStep(smallUNet, SIDE, options);
  const { tensors } = rectangles(smallUNet, SIDE, [100, 600], 1);
  const leaf = (name: string) => [name, step.params[name]!] as const;
  const leaves = Object.fromEntries([
    ['clean', step.own.clean],
    leaf('conv_in.weight'),
    leaf('position_net.linears.4.weight'),
    leaf('up_blocks.0.attentions.1.transformer_blocks.0.fuser.attn.to_k.weight'),
    leaf('up_blocks.1.resnets.1.conv2.weight'),
    leaf('perception.fusion.features.up_blocks.0.proj.weight'),
    leaf('perception.fusion.gate.weight'),
    leaf('perception.fusion.lift.weight'),
    leaf('perception.heads.region.out.weight'),
    leaf('perception.heads.edges.out.weight'),
  ]);
  expectSlopes(step.added.loss, leaves, denseOf(tensors, 'float64'), someParams(step.params));
}, 300_000);

it('image path: through detector, decoder and the U-Net', () => {
  const decoder = parseAutoencoderDcConfig({
    latent_channels: 4,
    encoder_block_types: 'ResBlock',
    decoder_block_types: 'ResBlock',
    encoder_block_out_channels: [8, 8],
    decoder_block_out_channels: [8, 8],
    encoder_layers_per_block: [1, 1],
    decoder_layers_per_block: [1, 1],
    downsample_block_type: 'pixel_unshuffle',
    upsample_block_type: 'pixel_shuffle',
    scaling_factor: 1,
  });
  const center = {
    ...defaultCenterConfig,
    labels: ['one', 'other'],
    image_size: 16,
    channels: [4, 4, 4, 4],
    blocks: [1, 1, 1],
    norm_groups: 2,
    head_channels: 4,
    bins: 5,
  };
  const slots = { objects: 2, cells: 4 };
  const step = pogStep(smallUNet, SIDE, {
    batch: 2,
    objects: 2,
    feature: false,
    image: {
      detector: centerGraph(center),
      decode: (scope, latents) => decodeDc(scope, decoder, latents),
      pictures: 1,
      targets: centerTargetInputs(center, 1, slots),
      lambda: 1,
    },
  });
  const timesteps = [900, 150];
  const { tensors, boxes } = rectangles(smallUNet, SIDE, timesteps, 2);
  const looked = lowNoiseRows(timesteps, 1);
  expect(looked.rows).toEqual([1]);
  const truth = looked.rows.map((row) => boxes[row]!.map((box, i) => ({ box, label: center.labels[i]! })));
  const feeds = { ...tensors, ...looked.tensors, ...centerTargets(center, truth, slots) };
  const inputs = denseOf(feeds, 'float64');
  const params = someParams(step.params);
  const leaf = (name: string) => [name, step.params[name]!] as const;
  const leaves = Object.fromEntries([
    ['clean', step.own.clean],
    leaf('conv_in.weight'),
    leaf('up_blocks.1.resnets.1.conv2.weight'),
    leaf('conv_out.weight'),
    leaf('pog.vae.decoder.conv_in.weight'),
    leaf('pog.detector.stem.weight'),
  ]);
  expectSlopes(step.added.loss, leaves, inputs, params);

  // The row that was too noisy has no part in it, and a step without any picture has no loss.
  const [byClean] = grad(step.added.loss, [step.own.clean]);
  const slopes = interpretDouble({ byClean: byClean! }, inputs, params).byClean!.data;
  expect(slopes.slice(0, slopes.length / 2).every((slope) => slope === 0)).toBe(true);
  const none = denseOf({ ...feeds, ...lowNoiseRows([900, 950], 1).tensors }, 'float64');
  expect(interpretDouble({ loss: step.added.loss }, none, params).loss!.data[0]).toBe(0);
  expect([...Object.keys(step.params)].filter((name) => !step.pog.trains(name)).length).toBeGreaterThan(10);
  expect(step.pog.trains('conv_in.weight')).toBe(true);
}, 300_000);
