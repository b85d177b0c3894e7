// Whole networks against the numbers that PyTorch gives: diffusers 0.21.4 and CLIP's text tower.

import {
  type Backend,
  cast,
  type FileSource,
  input,
  parameterStore,
  type Scope,
  type Tensors,
  type Values,
} from '@spatiallock/core';
import { type JsonObject, readSafetensors } from '@spatiallock/core/io';
import {
  autoencoderKl,
  autoencoderTiny,
  clipText,
  parseAutoencoderKlConfig,
  parseAutoencoderTinyConfig,
  parseClipTextConfig,
  parseUNet2dConditionConfig,
  unet2dCondition,
} from '@spatiallock/core/models';
import { paramsFor } from '@spatiallock/core/pipeline';
import type { Case } from './case.js';
import { expectTensors } from './compare.js';

interface Network {
  readonly title: string;
  readonly folder: string;
  readonly file?: string;
  /** Names of fixtures that are fed, by the names of the inputs. */
  readonly feeds: Readonly<Record<string, string>>;
  /** Names of fixtures that are expected, by the names of the outputs. */
  readonly expected: Readonly<Record<string, string>>;
  build(scope: Scope, inputs: Values, config: JsonObject): Values;
}

const networks: readonly Network[] = [
  {
    title: 'CLIPTextModel',
    folder: 'text_encoder',
    file: 'model',
    feeds: { ids: 'text.ids' },
    expected: { lastHiddenState: 'text.last_hidden_state', poolerOutput: 'text.pooler_output' },
    build: (scope, { ids }, config) => {
      const { lastHiddenState, poolerOutput } = clipText(
        scope,
        parseClipTextConfig(config),
        cast(ids!, 'int32'),
      );
      return { lastHiddenState, poolerOutput };
    },
  },
  {
    title: 'UNet2DConditionModel',
    folder: 'unet',
    feeds: {
      sample: 'unet.sample',
      timestep: 'unet.timestep',
      encoderHiddenStates: 'text.last_hidden_state',
    },
    expected: { out: 'unet.out_fuser_off' },
    build: (scope, inputs, config) => ({
      out: unet2dCondition(scope, parseUNet2dConditionConfig(config), {
        sample: inputs.sample!,
        timestep: inputs.timestep!,
        encoderHiddenStates: inputs.encoderHiddenStates!,
      }),
    }),
  },
  {
    title: 'AutoencoderKL',
    folder: 'vae',
    feeds: { image: 'vae.image', z: 'vae.z' },
    expected: { mean: 'vae.mean', logvar: 'vae.logvar', decoded: 'vae.decoded' },
    build: (scope, { image, z }, json) => {
      const config = parseAutoencoderKlConfig(json);
      const { mean, logvar } = autoencoderKl.encode(scope, config, image!);
      return { mean, logvar, decoded: autoencoderKl.decode(scope, config, z!) };
    },
  },
  {
    title: 'AutoencoderTiny',
    folder: 'vae_tiny',
    feeds: { image: 'vae.image', z: 'vae.z' },
    expected: { encoded: 'vae_tiny.encoded', decoded: 'vae_tiny.decoded' },
    build: (scope, { image, z }, json) => {
      const config = parseAutoencoderTinyConfig(json);
      return {
        encoded: autoencoderTiny.encode(scope, config, image!),
        decoded: autoencoderTiny.decode(scope, config, z!),
      };
    },
  },
];

export function networkCases(fixtures: FileSource): Case[] {
  return networks.map((network) => ({
    name: `network: ${network.title}`,
    run: (backend) => expectNetwork(backend, fixtures, network),
  }));
}

async function expectNetwork(backend: Backend, fixtures: FileSource, network: Network): Promise<void> {
  const { folder, file = 'diffusion_pytorch_model', feeds, expected } = network;
  const numbers = await readTensors(fixtures, 'expected.safetensors');
  const given = Object.fromEntries(Object.entries(feeds).map(([name, key]) => [name, numbers[key]!]));
  const inputs = Object.fromEntries(
    Object.entries(given).map(([name, { shape }]) => [name, input(name, shape)]),
  );
  const store = parameterStore();
  const outputs = network.build(store.scope, inputs, await readJson(fixtures, `${folder}/config.json`));
  const graph = { inputs, params: store.params, outputs };
  const weights = await readTensors(fixtures, `${folder}/${file}.safetensors`);
  const executable = await backend.compile(graph, paramsFor(graph, weights, folder));
  try {
    const wanted = Object.fromEntries(Object.entries(expected).map(([name, key]) => [name, numbers[key]!]));
    expectTensors(backend.name, 'network', await executable.run(given), wanted);
  } finally {
    await executable.dispose();
  }
}

export async function readTensors(fixtures: FileSource, path: string): Promise<Tensors> {
  return readSafetensors(await readBytes(fixtures, path));
}

export async function readJson(fixtures: FileSource, path: string): Promise<JsonObject> {
  return JSON.parse(new TextDecoder().decode(await readBytes(fixtures, path)));
}

async function readBytes(fixtures: FileSource, path: string): Promise<Uint8Array> {
  const bytes = await fixtures.read(path);
  if (!bytes) throw new Error(`fixtures: ${path} is missing; give the folder testing/fixtures/diffusers-sd1`);
  return bytes;
}
