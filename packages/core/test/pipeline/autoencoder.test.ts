// Latents as the U-Net sees them: scale and shift of each autoencoder, forth and back.

import { describe, expect, it } from 'vitest';
import { initialise } from '../../src/entries/nn.js';
import { latentAutoencoder } from '../../src/entries/pipeline.js';
import { input, interpret, parameterStore, type Scope, tensor, type Value } from '../../src/index.js';

const kl = {
  block_out_channels: [4],
  down_block_types: ['DownEncoderBlock2D'],
  up_block_types: ['UpDecoderBlock2D'],
  norm_num_groups: 2,
};
const tiny = {
  encoder_block_out_channels: [4],
  decoder_block_out_channels: [4],
  num_encoder_blocks: [1],
  num_decoder_blocks: [1],
};
const dc = {
  latent_channels: 4,
  encoder_block_out_channels: [4],
  decoder_block_out_channels: [4],
  encoder_layers_per_block: [1],
  decoder_layers_per_block: [1],
};
const [SCALE, SHIFT] = [0.25, 0.5];

/** A network on one input, of weights that its names and shapes alone decide. */
function run(build: (scope: Scope, x: Value) => Value, channels: number, data: readonly number[]): number[] {
  const { scope, params } = parameterStore();
  const out = build(scope, input('x', [1, channels, 2, 2]));
  const feeds = { x: tensor(Float32Array.from(data), [1, channels, 2, 2]) };
  return Array.from(interpret({ out }, feeds, initialise(params, 3)).out!.data, Number);
}

const latents = Array.from({ length: 16 }, (_, i) => Math.sin(i + 1));
const picture = Array.from({ length: 12 }, (_, i) => Math.cos(2 * i));

describe.each([
  ['AutoencoderKL', kl, SHIFT],
  ['AutoencoderKL', kl, 0],
  ['AutoencoderTiny', tiny, 0],
  ['AutoencoderDC', dc, 0],
] as const)('%s', (name, json, shift) => {
  const plain = latentAutoencoder(name, { ...json, scaling_factor: 1 });
  const more = shift === 0 ? {} : { shift_factor: shift };
  const scaled = latentAutoencoder(name, { ...json, scaling_factor: SCALE, ...more });
  const near = (got: readonly number[], wanted: readonly number[]): void => {
    expect(got).toHaveLength(wanted.length);
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i]!, 5);
    });
  };

  it(`decodes latents divided by their scale, and then shifted by ${shift}`, () => {
    const own = latents.map((value) => value / SCALE + shift);
    const wanted = run(plain.decode, 4, own);
    near(run(scaled.decode, 4, latents), wanted);
    expect(new Set(wanted.map((value) => value.toFixed(3))).size).toBeGreaterThan(2);
  });

  it(`encodes pictures to latents taken down by ${shift}, and then scaled`, () => {
    const wanted = run(plain.encode, 3, picture).map((value) => (value - shift) * SCALE);
    near(run(scaled.encode, 3, picture), wanted);
    expect(new Set(wanted.map((value) => value.toFixed(3))).size).toBeGreaterThan(2);
  });
});
