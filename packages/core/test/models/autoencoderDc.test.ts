// AutoencoderDC against an independent forward in plain numbers.

import { describe, expect, it } from 'vitest';
import { denseOf, interpretDouble } from '../../src/entries/backend.js';
import {
  type AutoencoderDcConfig,
  decodeDc,
  encodeDc,
  parseAutoencoderDcConfig,
} from '../../src/entries/models.js';
import { normals } from '../../src/entries/nn.js';
import { input, parameterStore, sizeOf, tensor } from '../../src/index.js';
import {
  convolve,
  drawn,
  each,
  type Maps,
  maps,
  plus,
  rmsNorm,
  silu,
  toChannels,
  toPixels,
  type Weights,
  withChannels,
} from './plainMaps.js';

const configOf = (fields: object): AutoencoderDcConfig =>
  parseAutoencoderDcConfig({
    latent_channels: 4,
    encoder_block_types: 'ResBlock',
    decoder_block_types: 'ResBlock',
    downsample_block_type: 'pixel_unshuffle',
    upsample_block_type: 'pixel_shuffle',
    ...fields,
  });

// The embedded model's kind, whose first stage is a sampler alone, and diffusers' own, whose first stage has layers.
const kinds = {
  'with samplers for stem and end': configOf({
    encoder_block_out_channels: [8, 8, 16],
    decoder_block_out_channels: [8, 8, 16],
    encoder_layers_per_block: [0, 1, 2],
    decoder_layers_per_block: [0, 2, 1],
  }),
  'with layers in every stage': configOf({
    encoder_block_out_channels: [4, 8],
    decoder_block_out_channels: [8, 16],
    encoder_layers_per_block: [1, 2],
    decoder_layers_per_block: [2, 1],
  }),
};

function residual(weights: Weights, at: string, x: Maps): Maps {
  const hidden = each(convolve(weights, `${at}.conv1`, x, x.length), silu);
  return plus(x, rmsNorm(weights, `${at}.norm`, convolve(weights, `${at}.conv2`, hidden, x.length)));
}

function plainEncode(weights: Weights, config: AutoencoderDcConfig, image: Maps): Maps {
  const channels = config.encoder_block_out_channels;
  const counts = config.encoder_layers_per_block;
  let x: Maps =
    counts[0] === 0
      ? toChannels(convolve(weights, 'encoder.conv_in.conv', image, channels[1] / 4))
      : convolve(weights, 'encoder.conv_in', image, channels[0]);
  for (let stage = 0; stage < channels.length; stage++) {
    if (counts[stage] === 0) continue;
    const at = `encoder.down_blocks.${stage}`;
    for (let layer = 0; layer < counts[stage]; layer++) x = residual(weights, `${at}.${layer}`, x);
    if (stage + 1 === channels.length) break;
    const wide = channels[stage + 1];
    const down = toChannels(convolve(weights, `${at}.${counts[stage]}.conv`, x, wide / 4));
    x = plus(down, withChannels(toChannels(x), wide));
  }
  const out = convolve(weights, 'encoder.conv_out', x, config.latent_channels);
  return plus(out, withChannels(x, config.latent_channels));
}

function plainDecode(weights: Weights, config: AutoencoderDcConfig, latents: Maps): Maps {
  const channels = config.decoder_block_out_channels;
  const counts = config.decoder_layers_per_block;
  const last = channels.length - 1;
  let x: Maps = plus(
    convolve(weights, 'decoder.conv_in', latents, channels[last]),
    withChannels(latents, channels[last]),
  );
  for (let stage = last; stage >= 0; stage--) {
    if (counts[stage] === 0) continue;
    const at = `decoder.up_blocks.${stage}`;
    let layer = 0;
    if (stage < last) {
      const up = convolve(weights, `${at}.${layer++}.conv`, x, 4 * channels[stage]);
      x = plus(toPixels(up), toPixels(withChannels(x, 4 * channels[stage])));
    }
    for (let i = 0; i < counts[stage]; i++) x = residual(weights, `${at}.${layer++}`, x);
  }
  const ended = each(rmsNorm(weights, 'decoder.norm_out', x), (value) => Math.max(0, value));
  return counts[0] === 0
    ? toPixels(convolve(weights, 'decoder.conv_out.conv', ended, 4 * config.in_channels))
    : convolve(weights, 'decoder.conv_out', ended, config.in_channels);
}

const numbers = (seed: number, shape: readonly number[]) =>
  denseOf({ x: tensor(normals(seed, sizeOf(shape)), shape) }, 'float64').x;

function expectClose(actual: ArrayLike<number>, expected: Maps): void {
  const flat = expected.flat(2);
  expect(actual.length).toBe(flat.length);
  const gap = Math.max(...flat.map((value, i) => Math.abs(value - actual[i])));
  expect(gap).toBeLessThan(1e-9);
  expect(Math.max(...flat.map(Math.abs))).toBeGreaterThan(0.1);
}

describe.each(Object.entries(kinds))('AutoencoderDC %s', (_, config) => {
  it('encodes', () => {
    const { scope, params } = parameterStore();
    const image = input('image', [1, 3, 8, 16]);
    const value = encodeDc(scope, config, image);
    const weights = drawn(params, 0.2);
    const given = numbers(1, image.shape);
    const planes = maps(3, 8, 16, (c, y, x) => given.data[(c * 8 + y) * 16 + x]);
    expectClose(
      interpretDouble({ value }, { image: given }, weights).value.data,
      plainEncode(weights, config, planes),
    );
  });

  it('decodes', () => {
    const { scope, params } = parameterStore();
    const latents = input('latents', [1, 4, 2, 3]);
    const value = decodeDc(scope, config, latents);
    const weights = drawn(params, 0.2);
    const given = numbers(2, latents.shape);
    const planes = maps(4, 2, 3, (c, y, x) => given.data[(c * 2 + y) * 3 + x]);
    expectClose(
      interpretDouble({ value }, { latents: given }, weights).value.data,
      plainDecode(weights, config, planes),
    );
  });
});

describe('AutoencoderDC', () => {
  it('refuses numbers of channels that its shortcuts cannot join', () => {
    const encoder = configOf({
      ...kinds['with layers in every stage'],
      encoder_block_out_channels: [4, 12],
    });
    const image = input('image', [1, 3, 8, 8]);
    expect(() => encodeDc(parameterStore().scope, encoder, image)).toThrow(
      'AutoencoderDC: 16 channels do not average to 12',
    );
    expect(() =>
      configOf({ ...kinds['with layers in every stage'], encoder_block_out_channels: [4, 6] }),
    ).toThrow('encoder_block_out_channels: 6 must be a multiple of 4');
    const decoder = configOf({
      ...kinds['with layers in every stage'],
      decoder_block_out_channels: [8, 18],
    });
    expect(() => decodeDc(parameterStore().scope, decoder, input('latents', [1, 4, 2, 2]))).toThrow(
      'AutoencoderDC: 4 channels do not repeat to 18',
    );
  });
});
