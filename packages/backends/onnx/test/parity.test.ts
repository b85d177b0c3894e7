// Whole networks against the numbers that PyTorch gives: diffusers 0.21.4 and CLIP's text tower.

import {
  cast,
  input,
  parameterStore,
  type Scope,
  type Tensor,
  type Tensors,
  type Value,
  type Values,
} from '@spatiallock/core';
import { type JsonObject, readSafetensors } from '@spatiallock/core/io';
import {
  autoencoderKl,
  autoencoderTiny,
  checkParams,
  clipText,
  parseAutoencoderKlConfig,
  parseAutoencoderTinyConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
  unet2dCondition,
} from '@spatiallock/core/models';
import { fixtureBytes, fixtureJson } from '@spatiallock/fixtures';
import { describe, expect, it } from 'vitest';
import { cpu } from '../src/index.js';

const FOLDER = 'diffusers-sd1';
const expected = readSafetensors(fixtureBytes('diffusers-sd1/expected.safetensors'));

interface Network {
  /** The folder and the file that hold its weights. */
  readonly folder: string;
  readonly file?: string;
  /** Names of fixture keys that are fed, by the names of the inputs. */
  readonly feeds: Readonly<Record<string, string>>;
  /** Parameters of the checkpoint that belong to plugins. */
  readonly plugins?: readonly string[];
  build(scope: Scope, inputs: Values, config: JsonObject): Values;
}

/** Builds, checks the names of all parameters, compiles and runs a network on the fixtures. */
async function outputsOf(network: Network): Promise<Tensors> {
  const { folder, file = 'diffusion_pytorch_model', feeds, plugins = [] } = network;
  const given = readSafetensors(fixtureBytes(`${FOLDER}/${folder}/${file}.safetensors`));
  const tensors = Object.fromEntries(Object.entries(feeds).map(([name, key]) => [name, expected[key]]));
  const inputs = Object.fromEntries(
    Object.entries(tensors).map(([name, { shape }]) => [name, input(name, shape)]),
  );
  const store = parameterStore();
  const outputs = network.build(store.scope, inputs, fixtureJson(`${FOLDER}/${folder}/config.json`));
  checkParams(store.params, given, { title: folder, optional: plugins });
  const backend = cpu();
  const executable = await backend.compile({ inputs, params: store.params, outputs }, given);
  try {
    return await executable.run(tensors);
  } finally {
    await executable.dispose();
    await backend.dispose();
  }
}

/** The largest difference, as a part of the largest expected absolute value. */
function relativeError(actual: Tensor, key: string): number {
  const wanted = expected[key];
  expect(actual.shape).toEqual(wanted.shape);
  const differences = Array.from(actual.data, (x, i) => x - wanted.data[i]);
  return largest(differences) / largest(wanted.data);
}

function largest(numbers: ArrayLike<number>): number {
  return Array.from(numbers).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

function expectParity(outputs: Tensors, keys: Readonly<Record<string, string>>): void {
  for (const [name, key] of Object.entries(keys))
    expect(relativeError(outputs[name], key), key).toBeLessThan(1e-4);
}

describe('parity with PyTorch', () => {
  const text = (scope: Scope, ids: Value, config: JsonObject): Values => {
    const { lastHiddenState, poolerOutput } = clipText(
      scope,
      parseClipTextConfig(config),
      cast(ids, 'int32'),
    );
    return { lastHiddenState, poolerOutput };
  };

  it('CLIPTextModel: prompts', async () => {
    const outputs = await outputsOf({
      folder: 'text_encoder',
      file: 'model',
      feeds: { ids: 'text.ids' },
      build: (scope, { ids }, config) => text(scope, ids, config),
    });
    expectParity(outputs, { lastHiddenState: 'text.last_hidden_state', poolerOutput: 'text.pooler_output' });
  });

  it('CLIPTextModel: phrases, shorter than the context, the end found as the largest id', async () => {
    const outputs = await outputsOf({
      folder: 'text_encoder',
      file: 'model',
      feeds: { ids: 'phrases.ids' },
      build: (scope, { ids }, config) => text(scope, ids, { ...config, eos_token_id: 2 }),
    });
    expectParity(outputs, { poolerOutput: 'phrases.pooler_output' });
  });

  it('UNet2DConditionModel without plugins', async () => {
    const outputs = await outputsOf({
      folder: 'unet',
      feeds: {
        sample: 'unet.sample',
        timestep: 'unet.timestep',
        encoderHiddenStates: 'text.last_hidden_state',
      },
      plugins: ['fuser', 'position_net'],
      build: (scope, { sample, timestep, encoderHiddenStates }, config) => ({
        out: unet2dCondition(scope, parseUNet2dConditionConfig(config), {
          sample,
          timestep,
          encoderHiddenStates,
        }),
      }),
    });
    expectParity(outputs, { out: 'unet.out_fuser_off' });
  });

  it('AutoencoderKL', async () => {
    const outputs = await outputsOf({
      folder: 'vae',
      feeds: { image: 'vae.image', z: 'vae.z' },
      build: (scope, { image, z }, json) => {
        const config = parseAutoencoderKlConfig(json);
        const { mean, logvar } = autoencoderKl.encode(scope, config, image);
        return { mean, logvar, decoded: autoencoderKl.decode(scope, config, z) };
      },
    });
    expectParity(outputs, { mean: 'vae.mean', logvar: 'vae.logvar', decoded: 'vae.decoded' });
  });

  it('AutoencoderTiny', async () => {
    const outputs = await outputsOf({
      folder: 'vae_tiny',
      feeds: { image: 'vae.image', z: 'vae.z' },
      build: (scope, { image, z }, json) => {
        const config = parseAutoencoderTinyConfig(json);
        return {
          encoded: autoencoderTiny.encode(scope, config, image),
          decoded: autoencoderTiny.decode(scope, config, z),
        };
      },
    });
    expectParity(outputs, { encoded: 'vae_tiny.encoded', decoded: 'vae_tiny.decoded' });
  });
});
