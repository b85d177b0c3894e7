import { describe, expect, it } from 'vitest';
import {
  checkLayerCount,
  configReader,
  parseAutoencoderDcConfig,
  parseAutoencoderKlConfig,
  parseAutoencoderTinyConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
  tensor,
} from '../../src/index.js';

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
