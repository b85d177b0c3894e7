// Files as tools write them, and as they come damaged.

import { type Tensors, tensor } from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { describe, expect, it } from 'vitest';
import { readLora } from '../src/index.js';

const numbers = (shape: readonly number[], dtype: 'float32' | 'int32' = 'float32') =>
  tensor(new Array(shape.reduce((a, b) => a * b, 1)).fill(2), shape, dtype);
const KOHYA = 'lora_unet_mid_block_attentions_0_proj_in';
const kohya = (parts: Tensors) =>
  writeSafetensors(
    Object.fromEntries(Object.entries(parts).map(([part, value]) => [`${KOHYA}.${part}`, value])),
  );
const pair = { 'lora_down.weight': numbers([4, 8]), 'lora_up.weight': numbers([8, 4]) };

describe('alpha of a layer', () => {
  it.each([
    ['a number', numbers([])],
    ['a list of one number', numbers([1])],
    ['a whole number', numbers([], 'int32')],
  ])('may be %s', (_, alpha) => {
    expect(readLora(kohya({ ...pair, alpha })).get(KOHYA)!.alpha).toBe(2);
  });

  it.each([0, 2])('of %d numbers is refused', (count) => {
    expect(() => readLora(kohya({ ...pair, alpha: numbers([count]) }))).toThrow(
      `lora: ${KOHYA}.alpha must be one number, holds ${count}`,
    );
  });
});

it('a layer of rank 0 is refused', () => {
  const none = { 'lora_down.weight': numbers([0, 8]), 'lora_up.weight': numbers([8, 0]) };
  expect(() => readLora(kohya(none))).toThrow(`lora: ${KOHYA} has a rank of 0; it holds no numbers`);
});

describe("peft's settings in the header", () => {
  const layers = ['unet.mid.to_q', 'unet.mid.to_k', 'text_encoder.layers.0.q_proj'];
  const alphasWith = (settings: unknown) => {
    const tensors = layers.flatMap((layer) => [
      [`${layer}.lora_A.weight`, pair['lora_down.weight']] as const,
      [`${layer}.lora_B.weight`, pair['lora_up.weight']] as const,
    ]);
    const metadata = {
      lora_adapter_metadata: typeof settings === 'string' ? settings : JSON.stringify(settings),
    };
    const read = readLora(writeSafetensors(Object.fromEntries(tensors), metadata));
    return layers.map((layer) => read.get(layer)!.alpha);
  };

  it('give each part its alpha, and some layers another', () => {
    expect(
      alphasWith({ 'unet.lora_alpha': 8, 'unet.alpha_pattern': { to_k: 3 }, 'text_encoder.lora_alpha': 1 }),
    ).toEqual([8, 3, 1]);
    expect(alphasWith({ 'unet.alpha_pattern': { 'mid.to_q': 5, q: 7 } })).toEqual([5, undefined, undefined]);
  });

  it('divide by the square root of the rank where they say so', () => {
    expect(
      alphasWith({ 'unet.lora_alpha': 8, 'unet.use_rslora': true, 'text_encoder.lora_alpha': 8 }),
    ).toEqual([16, 16, 8]);
  });

  it.each([
    ['null', 'lora: lora_adapter_metadata of the header must hold a JSON object'],
    ['{', 'lora: lora_adapter_metadata of the header is not valid JSON'],
    [
      { 'unet.alpha_pattern': { '(to_q|to_k)+$': 3 } },
      'lora: alpha_pattern of the header: "(to_q|to_k)+$" is no plain',
    ],
  ])('%j are refused', (settings, message) => {
    expect(() => alphasWith(settings)).toThrow(message);
  });
});
