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

it('a textual inversion beside the layers is left out', () => {
  const parts = Object.fromEntries(Object.entries(pair).map(([part, each]) => [`${KOHYA}.${part}`, each]));
  const bundled = { 'bundle_emb.my word.string_to_param.*': numbers([2, 768]) };
  expect([...readLora(writeSafetensors({ ...parts, ...bundled })).keys()]).toEqual([KOHYA]);
  expect(() => readLora(writeSafetensors(bundled))).toThrow('lora: the file holds no layer');
});

it.each(['lora', 'lora_linear_layer'])("an alpha beside diffusers' %s is its layer's", (part) => {
  const at = `unet.mid_block.attentions.0.proj_in.${part}`;
  const { 'lora_down.weight': down, 'lora_up.weight': up } = pair;
  const tensors = { [`${at}.down.weight`]: down, [`${at}.up.weight`]: up, [`${at}.alpha`]: numbers([]) };
  expect([...readLora(writeSafetensors(tensors)).values()]).toMatchObject([{ alpha: 2 }]);
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

describe('names of layers', () => {
  const [down, up] = [pair['lora_down.weight'], pair['lora_up.weight']];
  const block = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1';
  const layersOf = (names: readonly [string, string]) => [
    ...readLora(writeSafetensors({ [names[0]]: down, [names[1]]: up })).keys(),
  ];
  const suffixed = (path: string, [a, b]: readonly [string, string]) =>
    [`${path}${a}`, `${path}${b}`] as const;
  const PEFT = ['.lora_A.weight', '.lora_B.weight'] as const;

  it.each<[string, readonly [string, string], string]>([
    ['peft, of both networks', suffixed(`unet.${block}.to_q`, PEFT), `unet.${block}.to_q`],
    ['peft, of the U-Net alone', suffixed(`${block}.to_q`, PEFT), `unet.${block}.to_q`],
    ['peft, of a wrapped model', suffixed(`base_model.model.${block}.to_q`, PEFT), `unet.${block}.to_q`],
    [
      'peft, of a wrapped text encoder',
      suffixed('base_model.model.text_model.encoder.layers.0.mlp.fc1', PEFT),
      'text_encoder.text_model.encoder.layers.0.mlp.fc1',
    ],
    [
      "peft, with an adapter's name",
      suffixed(`unet.${block}.to_q`, ['.lora_A.default.weight', '.lora_B.default.weight']),
      `unet.${block}.to_q`,
    ],
    [
      'attention processors of diffusers',
      suffixed(`unet.${block}.processor.to_q_lora`, ['.down.weight', '.up.weight']),
      `unet.${block}.to_q`,
    ],
    [
      'attention processors of the U-Net alone',
      suffixed(`${block}.processor.to_out_lora`, ['.down.weight', '.up.weight']),
      `unet.${block}.to_out.0`,
    ],
    [
      'layers of diffusers',
      suffixed(`unet.${block}.to_out.0.lora`, ['.down.weight', '.up.weight']),
      `unet.${block}.to_out.0`,
    ],
    [
      'linear layers of a text encoder in diffusers',
      suffixed('text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer', [
        '.down.weight',
        '.up.weight',
      ]),
      'text_encoder.text_model.encoder.layers.0.self_attn.q_proj',
    ],
    ...(['q', 'k', 'v', 'out'] as const).map((part): [string, readonly [string, string], string] => [
      `attention processors of a text encoder, ${part}`,
      suffixed(`text_encoder.text_model.encoder.layers.0.self_attn.to_${part}_lora`, [
        '.down.weight',
        '.up.weight',
      ]),
      `text_encoder.text_model.encoder.layers.0.self_attn.${part}_proj`,
    ]),
    [
      'kohya',
      suffixed('lora_te_text_model_encoder_layers_0_mlp_fc1', ['.lora_down.weight', '.lora_up.weight']),
      'lora_te_text_model_encoder_layers_0_mlp_fc1',
    ],
  ])('are read: %s', (_, names, layer) => {
    expect(layersOf(names)).toEqual([layer]);
  });

  it.each([
    ['lora_te1_text_model_encoder_layers_0_mlp_fc1', ', but of Stable Diffusion XL; give'],
    ['lora_te2_text_model_encoder_layers_0_mlp_fc1', ', but of Stable Diffusion XL; give'],
    ['text_encoder_2.text_model.encoder.layers.0.mlp.fc1', ', but of Stable Diffusion XL; give'],
    ['transformer.transformer_blocks.0.attn.to_q', ', but of a diffusion transformer'],
    ['lora_transformer_single_blocks_0_linear1', ', but of a diffusion transformer'],
    ['diffusion_model.double_blocks.0.img_attn.qkv', ', but of a diffusion transformer'],
    ['encoder.layers.0.mlp.fc1', ', whose layers begin with lora_unet_'],
  ])('of other families are refused: %s', (path, family) => {
    expect(() => layersOf(suffixed(path, ['.lora_down.weight', '.lora_up.weight']))).toThrow(
      `lora: ${path}.lora_down.weight is of no network of Stable Diffusion 1.x or 2.x${family}`,
    );
  });

  it('of the original layout, which ComfyUI writes, are not taken for those of another family', () => {
    const path = 'diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q';
    expect(() => layersOf(suffixed(path, ['.lora_down.weight', '.lora_up.weight']))).toThrow(
      `lora: ${path}.lora_down.weight has a name of the original layout, as ComfyUI writes it, which is not read; give`,
    );
  });

  it.each([
    ['hada_w1_a', 'LoHa'],
    ['lokr_w2', 'LoKr'],
    ['dora_scale', 'DoRA'],
    ['lora_magnitude_vector', 'DoRA'],
    ['oft_blocks', 'OFT'],
    ['diff', 'a full difference'],
  ])('of other methods are named: %s', (part, method) => {
    expect(() => readLora(kohya({ ...pair, [part]: numbers([4]) }))).toThrow(
      `lora: ${KOHYA}.${part} is of ${method}, which is not read`,
    );
  });

  it('of two adapters are refused', () => {
    const names = ['lora_A.first.weight', 'lora_B.first.weight', 'lora_A.second.weight'];
    const tensors = names.map(
      (name) => [`unet.${block}.to_q.${name}`, name.includes('B') ? up : down] as const,
    );
    expect(() => readLora(writeSafetensors(Object.fromEntries(tensors)))).toThrow(
      `lora: unet.${block}.to_q.lora_A.second.weight is the second down part of unet.${block}.to_q; give a file of one LoRA`,
    );
  });
});
