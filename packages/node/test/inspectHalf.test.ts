// What a model weighs in half precision, against the graphs that backends compute.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cast, input, parameterStore, type Scope, type Value, type Values } from '@spatiallock/core';
import { inHalf, readAsHalves } from '@spatiallock/core/backend';
import {
  type JsonObject,
  type QuantizedDType,
  quantizedAs,
  quantizedDTypes,
  writeSafetensors,
} from '@spatiallock/core/io';
import {
  autoencoderKl,
  clipText,
  parseAutoencoderKlConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
  unet2dCondition,
} from '@spatiallock/core/models';
import { fixtureJson } from '@spatiallock/fixtures';
import { fixtureModelFolder } from '@spatiallock/testing';
import { modelTensors } from '@spatiallock/testing/original';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { convertModel, inspectModel, modelSource } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'inspect-half-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Numbers of the parameters that a graph of a component reads as halves alone, with its weights as a file has them. */
function halvesIn(
  name: string,
  inputs: Values,
  to: QuantizedDType | undefined,
  build: (scope: Scope, config: JsonObject) => Values,
): number {
  const store = parameterStore();
  const outputs = build(store.scope, fixtureJson(`diffusers-sd1/${name}/config.json`));
  // Codes of few bits are no numbers that halves could hold.
  const fits = (value: Value): boolean => to === undefined || quantizedAs(value, to) === undefined;
  const names = readAsHalves(inHalf({ inputs, params: store.params, outputs }, { fits }));
  return [...names].reduce((sum, each) => sum + store.params[each]!.shape.reduce((a, b) => a * b, 1), 0);
}

/** The same of each component. */
function halvesOfParts(to?: QuantizedDType): Readonly<Record<string, number>> {
  const [ids, sample, timestep, picture, latents] = [
    input('ids', [1, 77], 'float32'),
    input('sample', [1, 4, 8, 8]),
    input('timestep', [1]),
    input('picture', [1, 3, 16, 16]),
    input('latents', [1, 4, 8, 8]),
  ];
  const width = Number(fixtureJson('diffusers-sd1/unet/config.json').cross_attention_dim);
  const encoderHiddenStates = input('text', [1, 77, width]);
  return {
    text_encoder: halvesIn('text_encoder', { ids }, to, (scope, config) => {
      const { lastHiddenState, poolerOutput } = clipText(
        scope,
        parseClipTextConfig(config),
        cast(ids, 'int32'),
      );
      return { lastHiddenState, poolerOutput };
    }),
    unet: halvesIn('unet', { sample, timestep, text: encoderHiddenStates }, to, (scope, config) => ({
      out: unet2dCondition(scope, parseUNet2dConditionConfig(config), {
        sample,
        timestep,
        encoderHiddenStates,
      }),
    })),
    vae: halvesIn('vae', { picture, latents }, to, (scope, json) => {
      const vae = parseAutoencoderKlConfig(json);
      const { mean, logvar } = autoencoderKl.encode(scope, vae, picture);
      return { mean, logvar, decoded: autoencoderKl.decode(scope, vae, latents) };
    }),
  };
}

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((a, b) => a + b, 0);

const file = join(folder, 'v1-5.safetensors');
beforeAll(() => writeFileSync(file, writeSafetensors(modelTensors)));

it('counts as halves what networks read as halves', async () => {
  const { parts, parameters, halvable, memory } = await inspectModel(file);
  const expected = halvesOfParts();
  expect(Object.fromEntries(parts.map((part) => [part.name, part.halvable]))).toEqual(expected);
  expect(halvable).toBe(sumOf(expected));
  for (const device of ['cuda', 'webgpu']) {
    expect(memory).toContainEqual({ device, precision: 'half', bytes: 4 * parameters - 2 * halvable });
  }
  expect(memory.filter(({ precision }) => precision === 'half')).toHaveLength(2);
});

it.each(quantizedDTypes)('counts no weights as halves that a file keeps as %s', async (dtype) => {
  const out = join(folder, dtype);
  const config = await fixtureModelFolder();
  await convertModel(await modelSource(file, { config, tokenizer: join(config, 'tokenizer') }), out, {
    dtype,
  });
  const [whole, { parts, parameters, halvable, memory }] = [
    await inspectModel(file),
    await inspectModel(out),
  ];
  const expected = halvesOfParts(dtype);
  expect(Object.fromEntries(parts.map((part) => [part.name, part.halvable]))).toEqual(expected);
  expect(parameters).toBe(whole.parameters);
  expect(halvable).toBeLessThan(whole.halvable);
  expect(memory).toContainEqual({
    device: 'cuda',
    precision: 'half',
    bytes: 4 * parameters - 2 * sumOf(expected),
  });
});
