// Half precision: agreement of whole networks with PyTorch, what is kept as halves, and numbers that halves cannot hold.

import { fromBinary } from '@bufbuild/protobuf';
import {
  cast,
  conv2d,
  fromPretrained,
  type Graph,
  grad,
  input,
  matmul,
  parameter,
  parameterStore,
  type Scope,
  sum,
  swapLast,
  type Tensor,
  type Tensors,
  tensor,
  type Values,
} from '@spatiallock/core';
import { selfTest } from '@spatiallock/core/backend';
import {
  float16ToFloat32,
  float32ToFloat16,
  type JsonObject,
  readSafetensors,
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
import { fixtureBytes, fixtureJson } from '@spatiallock/fixtures';
import { poi } from '@spatiallock/poi';
import { cosine, fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { buildModel } from '../src/build.js';
import { ModelProtoSchema, TensorProto_DataType } from '../src/gen/onnx_pb.js';
import { inHalfWith } from '../src/halfParameters.js';
import { cpu } from '../src/index.js';
import { constantParameters } from '../src/weights.js';
import { noise } from './support.js';

const half = cpu({ threads: 1, precision: 'half' });
const full = cpu({ threads: 1 });
afterAll(() => Promise.all([half.dispose(), full.dispose()]));

async function run(backend: typeof half, graph: Graph, params: Tensors, feeds: Tensors): Promise<Tensors> {
  const executable = await backend.compile(graph, params);
  try {
    return await executable.run(feeds);
  } finally {
    await executable.dispose();
  }
}

interface Network {
  readonly weights: string;
  readonly config: string;
  readonly expected: string;
  /** Keys of the fixture that are fed, and those of the outputs. */
  readonly feeds: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  build(scope: Scope, inputs: Values, config: JsonObject): Values;
}

const sd = (folder: string, file = 'diffusion_pytorch_model') => ({
  weights: `diffusers-sd1/${folder}/${file}.safetensors`,
  config: `diffusers-sd1/${folder}/config.json`,
  expected: 'diffusers-sd1/expected.safetensors',
});

const networks: Readonly<Record<string, Network>> = {
  CLIPTextModel: {
    ...sd('text_encoder', 'model'),
    feeds: { ids: 'text.ids' },
    outputs: { lastHiddenState: 'text.last_hidden_state', poolerOutput: 'text.pooler_output' },
    build(scope, { ids }, config) {
      const text = clipText(scope, parseClipTextConfig(config), cast(ids!, 'int32'));
      return { lastHiddenState: text.lastHiddenState, poolerOutput: text.poolerOutput };
    },
  },
  UNet2DConditionModel: {
    ...sd('unet'),
    feeds: {
      sample: 'unet.sample',
      timestep: 'unet.timestep',
      encoderHiddenStates: 'text.last_hidden_state',
    },
    outputs: { out: 'unet.out_fuser_off' },
    build: (scope, { sample, timestep, encoderHiddenStates }, config) => ({
      out: unet2dCondition(scope, parseUNet2dConditionConfig(config), {
        sample: sample!,
        timestep: timestep!,
        encoderHiddenStates: encoderHiddenStates!,
      }),
    }),
  },
  AutoencoderKL: {
    ...sd('vae'),
    feeds: { image: 'vae.image', z: 'vae.z' },
    outputs: { mean: 'vae.mean', decoded: 'vae.decoded' },
    build(scope, { image, z }, json) {
      const config = parseAutoencoderKlConfig(json);
      return {
        mean: autoencoderKl.encode(scope, config, image!).mean,
        decoded: autoencoderKl.decode(scope, config, z!),
      };
    },
  },
};

describe('networks in half precision against PyTorch in float32', () => {
  it.each(Object.entries(networks))('%s', async (_, network) => {
    const expected = readSafetensors(fixtureBytes(network.expected));
    const feeds = Object.fromEntries(
      Object.entries(network.feeds).map(([name, key]) => [name, expected[key]!]),
    );
    const inputs = Object.fromEntries(
      Object.entries(feeds).map(([name, { shape }]) => [name, input(name, shape)]),
    );
    const store = parameterStore();
    const outputs = network.build(store.scope, inputs, fixtureJson(network.config));
    const graph: Graph = { inputs, params: store.params, outputs };
    const found = await run(half, graph, readSafetensors(fixtureBytes(network.weights)), feeds);
    for (const [name, key] of Object.entries(network.outputs)) {
      const [mine, theirs] = [found[name]!.data, expected[key]!.data];
      expect(cosine(mine, theirs), key).toBeGreaterThan(0.999);
      // Where nothing was computed in halves, float32 agrees to more bits.
      expect(Math.max(...Array.from(mine, (n, i) => Math.abs(n - theirs[i]!))), key).toBeGreaterThan(1e-6);
    }
  });

  it('passes the self-test that devices are chosen by', async () => {
    await selfTest(half);
    expect(half).toMatchObject({ name: 'cpu-half', precision: 'half' });
  });
});

const x = input('x', [1, 20, 32]);
const image = input('image', [1, 8, 6, 6]);
const weight = parameter('weight', [32, 32]);
const kernel = parameter('kernel', [8, 8, 3, 3]);
const params = { weight, kernel };
const graph: Graph = {
  inputs: { x, image },
  params,
  outputs: { product: matmul(x, swapLast(weight)), map: conv2d(image, kernel, { padding: 1 }) },
};
const given: Tensors = { weight: noise([32, 32], 1), kernel: noise([8, 8, 3, 3], 2) };
const feeds: Tensors = { x: noise([1, 20, 32], 3), image: noise([1, 8, 6, 6], 4) };

const roundedTo = ({ shape, data }: Tensor): Tensor =>
  tensor(float16ToFloat32(float32ToFloat16(data as Float32Array)), shape);

function modelOf(numbers: Tensors, of: Graph = graph) {
  const halved = inHalfWith(of, numbers);
  const { externalData: _, ...constants } = constantParameters(halved.params, undefined);
  return fromBinary(ModelProtoSchema, buildModel(halved.graph, constants, { half: halved.half }).bytes)
    .graph!;
}

const typesOf = (model: ReturnType<typeof modelOf>): Record<string, number> =>
  Object.fromEntries(
    model.initializer
      .filter(({ name }) => name.startsWith('param:'))
      .map(({ name, dataType }) => [name.slice('param:'.length), dataType]),
  );

describe('parameters in half precision', () => {
  it('are kept as halves, and never widened', () => {
    const model = modelOf(given);
    const { FLOAT16 } = TensorProto_DataType;
    expect(typesOf(model)).toEqual({ weight: FLOAT16, kernel: FLOAT16 });
    const casts = model.node.filter(({ opType }) => opType === 'Cast');
    // x and image come in, the product and the map go out.
    expect(casts.flatMap(({ input: [name] }) => name).filter((name) => name!.startsWith('param:'))).toEqual(
      [],
    );
    expect(casts).toHaveLength(4);
  });

  it('count as rounded to halves', async () => {
    const found = await run(half, graph, given, feeds);
    const [rounded, roundedFeeds] = [given, feeds].map((all) =>
      Object.fromEntries(Object.entries(all).map(([name, one]) => [name, roundedTo(one)])),
    ) as [Tensors, Tensors];
    const expected = await run(full, graph, rounded, roundedFeeds);
    for (const [name, { data }] of Object.entries(expected)) {
      const largest = Math.max(...Array.from(data, Math.abs));
      const furthest = Math.max(...Array.from(data, (n, i) => Math.abs(n - found[name]!.data[i]!)));
      // The result is rounded once more.
      expect(furthest, name).toBeLessThan(2 ** -10 * largest);
    }
  });

  it('of a file stay there, where it holds halves', () => {
    const bits = float32ToFloat16(given.weight!.data as Float32Array);
    const place = { path: '/model/unet.safetensors', offset: 64, length: 2 * bits.length };
    const stored: Tensor = {
      dtype: 'float32',
      shape: [32, 32],
      stored: { dtype: 'float16', data: bits, place },
      get data(): Float32Array {
        throw new Error('was widened');
      },
    };
    const halved = inHalfWith(graph, { ...given, weight: stored });
    expect(halved.params.weight).toBe(stored);
  });

  it('stay float32 beyond the largest half, with their products', async () => {
    const large = {
      ...given,
      weight: tensor(
        (given.weight!.data as Float32Array).map((n) => 1e5 * n),
        [32, 32],
      ),
    };
    const { FLOAT, FLOAT16 } = TensorProto_DataType;
    expect(typesOf(modelOf(large))).toEqual({ weight: FLOAT, kernel: FLOAT16 });
    const [found, expected] = [await run(half, graph, large, feeds), await run(full, graph, large, feeds)];
    expect(found.product!.data).toEqual(expected.product!.data);
    expect(found.map!.data).not.toEqual(expected.map!.data);
  });

  it('of a training step, and of gradients of convolutions, stay float32', async () => {
    const step: Graph = { ...graph, outputs: { loss: sum(graph.outputs.map!) }, updates: { kernel } };
    expect(inHalfWith(step, given)).toMatchObject({ half: false, params: given });
    const [gradient] = grad(sum(graph.outputs.map!), [image]);
    const guided: Graph = { ...graph, outputs: { gradient } };
    expect((await run(half, guided, given, feeds)).gradient!.data).toEqual(
      (await run(full, guided, given, feeds)).gradient!.data,
    );
  });
});

it('stops a picture whose values overflow on the way, which float32 paints', async () => {
  const path = 'unet/diffusion_pytorch_model.safetensors';
  const weights = readSafetensors(fixtureBytes(`diffusers-sd1/${path}`));
  const { 'conv_in.weight': first } = weights;
  const most = Math.max(...Array.from(first!.data, Math.abs));
  // The weights fit, what the convolution gives does not; the norm after it would make it small again.
  const large = tensor(
    (first!.data as Float32Array).map((n) => (n * 60_000) / most),
    first!.shape,
  );
  const files = fixtureModel({}, { [path]: writeSafetensors({ ...weights, 'conv_in.weight': large }) });
  const paint = async (backend: typeof half) => {
    const pipe = await fromPretrained(files, { backend, plugins: [poi()] });
    try {
      return await pipe.generate({ prompt: 'a dog', objects: [] }, { steps: 1, seed: 1, decode: false });
    } finally {
      await pipe.dispose();
    }
  };
  await expect(paint(half)).rejects.toThrow(/the network gave NaN or an infinity/);
  await expect(paint(full)).resolves.toBeDefined();
});
