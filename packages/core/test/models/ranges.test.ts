import { describe, expect, it } from 'vitest';
import {
  checkLayerCount,
  configReader,
  parseAutoencoderDcConfig,
  parseAutoencoderKlConfig,
  parseAutoencoderTinyConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
} from '../../src/entries/models.js';
import { tensor } from '../../src/index.js';

const parsers: Readonly<Record<string, (json: unknown) => object>> = {
  unet: parseUNet2dConditionConfig,
  text: parseClipTextConfig,
  kl: parseAutoencoderKlConfig,
  tiny: parseAutoencoderTinyConfig,
  dc: parseAutoencoderDcConfig,
};

/** Every field of a parsed config that is a number or a list of numbers, by the config's name. */
const numeric = Object.entries(parsers).flatMap(([name, parse]) =>
  Object.entries(parse({})).flatMap(([field, value]) => {
    const first = Array.isArray(value) ? value[0] : value;
    return typeof first === 'number' ? [[name, field, Array.isArray(value)] as const] : [];
  }),
);

describe('ranges of configs', () => {
  it('are there for many fields', () => {
    expect(numeric.length).toBeGreaterThan(40);
  });

  it.each(numeric)('%s.%s: nothing beyond a range is taken', (name, field, list) => {
    const parse = parsers[name]!;
    const known = parse({}) as Record<string, unknown>;
    for (const bad of [1e9, -1e9, Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY, '8', {}]) {
      const value = list ? (known[field] as number[]).map(() => bad) : bad;
      expect(() => parse({ [field]: value })).toThrow(new RegExp(field));
    }
    if (list) expect(() => parse({ [field]: new Array(100_000).fill(1) })).toThrow(new RegExp(field));
  });

  const WIDTHS = 'a whole number in 1..16384';
  const LAYERS = 'a whole number in 1..128';
  const NUMBERS = 'a number in -1000000..1000000';
  const reported: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    unet: {
      freq_shift: NUMBERS,
      layers_per_block: LAYERS,
      downsample_padding: 'a whole number in 0..16',
      norm_eps: 'a number in 0..1',
      transformer_layers_per_block: LAYERS,
      conv_in_kernel: 'a whole number in 1..31',
      conv_out_kernel: 'a whole number in 1..31',
    },
    text: {
      num_hidden_layers: LAYERS,
      vocab_size: 'a whole number in 1..1000000',
      max_position_embeddings: 'a whole number in 1..4096',
      layer_norm_eps: 'a number in 0..1',
      bos_token_id: 'a whole number in 0..1000000',
      eos_token_id: 'a whole number in 0..1000000',
      pad_token_id: 'a whole number in 0..1000000',
    },
    kl: {
      layers_per_block: LAYERS,
      scaling_factor: 'a number in 0.000001..1000000',
      shift_factor: NUMBERS,
    },
    tiny: {
      upsampling_scaling_factor: 'a whole number in 1..8',
      num_encoder_blocks: 'a list of 1 to 16 whole numbers in 1..128',
      num_decoder_blocks: 'a list of 1 to 16 whole numbers in 1..128',
      latent_magnitude: NUMBERS,
      latent_shift: NUMBERS,
      scaling_factor: 'a number in 0.000001..1000000',
    },
    dc: {
      encoder_layers_per_block: 'a list of whole numbers in 1..128, the first in 0..128',
      decoder_layers_per_block: 'a list of whole numbers in 1..128, the first in 0..128',
      scaling_factor: 'a number in 0.000001..1000000',
    },
  };

  it.each(numeric)('%s.%s: begins and ends where its error says', (name, field, list) => {
    const parse = parsers[name]!;
    const known = (parse({}) as Record<string, unknown>)[field];
    const refusal = (value: number): string => {
      try {
        parse({ [field]: list ? (known as number[]).map(() => value) : value });
        return '';
      } catch (cause) {
        return (cause as Error).message;
      }
    };
    const range = /must be (a (?:list of|whole|number)[^"]*?), (?:not|or a list of one)/.exec(
      refusal(1e9),
    )?.[1];
    const wide =
      list && !field.includes('layers') && !field.includes('attention')
        ? `a list of 1 to 16 ${WIDTHS.slice(2).replace('number', 'numbers')}`
        : WIDTHS;
    expect(range).toBe(reported[name]![field] ?? wide);
    const [, least, most] = /(-?[\d.]+)\.\.(-?[\d.]+)/.exec(range!)!.map(Number);
    const step = range!.includes('whole') ? 1 : 1e-7;
    // The ends may break another rule, such as that heads divide the width; the range is no longer the reason.
    for (const end of [least!, most!]) expect(refusal(end)).not.toContain(range!);
    for (const beyond of [least! - step, most! + step]) expect(refusal(beyond)).toContain(range!);
  });

  it.each(['kl', 'tiny', 'dc'])('%s: latents are never divided by 0', (name) => {
    for (const scaling_factor of [0, -0.18, 1e-30]) {
      expect(() => parsers[name]!({ scaling_factor })).toThrow(
        /scaling_factor: must be a number in 0\.000001/,
      );
    }
  });

  it('a list of names may be as long as a data set has classes', () => {
    const labels = Array.from({ length: 1203 }, (_, i) => `class ${i}`);
    expect(configReader({ labels }, 'X').strings('labels', [])).toEqual(labels);
    const many = new Array(10_001).fill('a');
    expect(() => configReader({ labels: many }, 'X').strings('labels', [])).toThrow(
      /labels: must be a list of 1 to/,
    );
  });

  it('a config of more layers than there are tensors is refused before a graph is built', () => {
    const weights = { a: tensor([1], [1]), b: tensor([1], [1]) };
    expect(() => checkLayerCount('unet', 2, weights)).not.toThrow();
    expect(() => checkLayerCount('unet', 3, weights)).toThrow(
      'unet: the config asks for at least 3 layers, but the weights hold 2 tensors; they do not belong together',
    );
  });
});
