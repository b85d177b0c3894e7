// What a model weighs in half precision, against the graphs that backends compute.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cast, input, parameterStore, type Scope, type Values } from '@spatiallock/core';
import { inHalf, readAsHalves } from '@spatiallock/core/backend';
import { type JsonObject, writeSafetensors } from '@spatiallock/core/io';
import {
  autoencoderKl,
  clipText,
  parseAutoencoderKlConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
  unet2dCondition,
} from '@spatiallock/core/models';
import { fixtureJson } from '@spatiallock/fixtures';
import { modelTensors } from '@spatiallock/testing/original';
import { afterAll, expect, it } from 'vitest';
import { inspectModel } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'inspect-half-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Numbers of the parameters that a graph of a component reads as halves alone. */
function halvesIn(name: string, inputs: Values, build: (scope: Scope, config: JsonObject) => Values): number {
  const store = parameterStore();
  const outputs = build(store.scope, fixtureJson(`diffusers-sd1/${name}/config.json`));
  const names = readAsHalves(inHalf({ inputs, params: store.params, outputs }));
  return [...names].reduce((sum, each) => sum + store.params[each]!.shape.reduce((a, b) => a * b, 1), 0);
}

it('counts as halves what networks read as halves', async () => {
  const path = join(folder, 'v1-5.safetensors');
  writeFileSync(path, writeSafetensors(modelTensors));
  const { parts, parameters, halvable, memory } = await inspectModel(path);
  const [ids, sample, timestep, picture, latents] = [
    input('ids', [1, 77], 'float32'),
    input('sample', [1, 4, 8, 8]),
    input('timestep', [1]),
    input('picture', [1, 3, 16, 16]),
    input('latents', [1, 4, 8, 8]),
  ];
  const expected = {
    text_encoder: halvesIn('text_encoder', { ids }, (scope, config) => {
      const { lastHiddenState, poolerOutput } = clipText(
        scope,
        parseClipTextConfig(config),
        cast(ids, 'int32'),
      );
      return { lastHiddenState, poolerOutput };
    }),
    unet: (() => {
      const width = Number(fixtureJson('diffusers-sd1/unet/config.json').cross_attention_dim);
      const encoderHiddenStates = input('text', [1, 77, width]);
      return halvesIn('unet', { sample, timestep, text: encoderHiddenStates }, (scope, config) => ({
        out: unet2dCondition(scope, parseUNet2dConditionConfig(config), {
          sample,
          timestep,
          encoderHiddenStates,
        }),
      }));
    })(),
    vae: halvesIn('vae', { picture, latents }, (scope, json) => {
      const vae = parseAutoencoderKlConfig(json);
      const { mean, logvar } = autoencoderKl.encode(scope, vae, picture);
      return { mean, logvar, decoded: autoencoderKl.decode(scope, vae, latents) };
    }),
  };
  expect(Object.fromEntries(parts.map((part) => [part.name, part.halvable]))).toEqual(expected);
  expect(halvable).toBe(Object.values(expected).reduce((a, b) => a + b, 0));
  for (const device of ['cuda', 'webgpu']) {
    expect(memory).toContainEqual({ device, precision: 'half', bytes: 4 * parameters - 2 * halvable });
  }
  expect(memory.filter(({ precision }) => precision === 'half')).toHaveLength(2);
});
