import { cpu } from '@spatiallock/backend-onnx';
import {
  hooksOf,
  input,
  inputsOf,
  networkParts,
  parameterStore,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import {
  parseUNet2dConditionConfig,
  type UNet2dConditionConfig,
  unet2dCondition,
} from '@spatiallock/core/models';
import { initialise, normals } from '@spatiallock/core/nn';
import { groundingTensors, poi, poiInputs } from '@spatiallock/poi';
import { afterAll, expect, it } from 'vitest';
import { deeperUNet } from '../src/deeperUNet.js';

const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());

const WIDTH = 8;
const configOf = (layers: readonly number[]): UNet2dConditionConfig =>
  parseUNet2dConditionConfig({
    sample_size: 8,
    in_channels: 4,
    out_channels: 4,
    down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
    block_out_channels: [16, 24, 32],
    layers_per_block: layers,
    attention_head_dim: 2,
    norm_num_groups: 4,
    cross_attention_dim: WIDTH,
  });

/** A U-Net with PoI's injection, and its answer to fixed inputs. */
function network(config: UNet2dConditionConfig) {
  const { scope, params } = parameterStore();
  const has = (): boolean => true;
  const inputs = {
    sample: input('sample', [1, 4, 8, 8]),
    timestep: input('timestep', [1]),
    text: input('text', [1, 3, WIDTH]),
  };
  const given = { sample: inputs.sample, timestep: inputs.timestep, encoderHiddenStates: inputs.text };
  const sizes = { batch: 1, height: 8, width: 8, objects: 2, tokens: 3 };
  const { sample, timestep, text } = inputs;
  const context = { ...sizes, scope, config, has, sample, timestep, text };
  const parts = networkParts([poi()], context);
  const output = unet2dCondition(scope, config, given, hooksOf(parts));
  const graph = { inputs: { ...inputs, ...inputsOf(parts) }, params, outputs: { output } };
  const feed = {
    sample: tensor(normals(1, 256), [1, 4, 8, 8]),
    timestep: tensor([300], [1]),
    text: tensor(normals(2, 3 * WIDTH), [1, 3, WIDTH]),
    [poiInputs.strength]: tensor([1], []),
    ...groundingTensors([[{ box: [0.1, 0.2, 0.7, 0.6], embedding: normals(3, WIDTH) }]], WIDTH),
  };
  return {
    /** Random numbers everywhere, so that nothing is silent that starts at zero. */
    random: (): Tensors =>
      Object.fromEntries(
        Object.entries(initialise(params, 4)).map(([name, { shape, data }], i) => [
          name,
          tensor(
            normals(5 + i, data.length).map((value) => value / 4),
            shape,
          ),
        ]),
      ),
    initial: (): Tensors => initialise(params, 6),
    names: Object.keys(params),
    answer: async (weights: Tensors): Promise<Float32Array> => {
      const executable = await backend.compile(graph, weights);
      const outputs = await executable.run(feed);
      await executable.dispose();
      return outputs.output!.data as Float32Array;
    },
  };
}

it('computes what the shallower U-Net did, whatever the numbers of its new resnets', async () => {
  const [from, to] = [configOf([1, 1, 2]), configOf([2, 1, 4])];
  const [shallow, deep] = [network(from), network(to)];
  const weights = shallow.random();
  const before = await shallow.answer(weights);
  const deepened = deeperUNet(weights, from, to);
  expect(Object.keys(deepened).filter((name) => !deep.names.includes(name))).toEqual([]);
  const after = await deep.answer({ ...deep.initial(), ...deepened });
  const largest = Math.max(...before.map(Math.abs));
  expect(largest).toBeGreaterThan(0.1);
  expect(Math.max(...after.map((value, i) => Math.abs(value - before[i]!)))).toBeLessThan(1e-5 * largest);
  const misplaced = { ...deep.random(), ...weights };
  await expect(deep.answer(misplaced)).rejects.toThrow('up_blocks');
});

it('leaves weights of the same depth as they are', () => {
  const config = configOf([2, 1, 2]);
  const weights = network(config).random();
  expect(deeperUNet(weights, config, config)).toEqual(weights);
});
