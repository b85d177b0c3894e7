// Held to diffusers: a small ControlNet beside a small Stable Diffusion (test/fixtures).

import { cpu } from '@spatiallock/backend-onnx';
import { type Graph, input, type Plugin, parameterStore, type Tensors, tensor } from '@spatiallock/core';
import { loadModel, unetGraph } from '@spatiallock/core/pipeline';
import { poi, poiInputs } from '@spatiallock/poi';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { controlnet, readControlNet } from '../src/index.js';
import { controlResiduals, imageEmbedding } from '../src/network.js';
import { residualScales } from '../src/options.js';
import { controlNetFiles, expected, worst } from './support.js';

const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());
const network = await readControlNet(controlNetFiles());
const grounding = poi({ injection: false });
const model = await loadModel(fixtureModel(), [grounding]);
const { 'unet.sample': sample, 'text.last_hidden_state': text, image } = expected;
const timestep = tensor(Array.from(expected['unet.timestep'].data, Number), [2]);
const both = tensor(Float32Array.of(...numbers(image), ...numbers(image)), [2, ...image.shape.slice(1)]);
const ACCURACY = 1e-4;

function numbers({ data }: Tensors[string]): number[] {
  return Array.from(data, Number);
}

async function run(graph: Graph, params: Tensors, feeds: Tensors): Promise<Tensors> {
  const own = Object.fromEntries(Object.keys(graph.params).map((name) => [name, params[name]]));
  const executable = await backend.compile(graph, own);
  const outputs = await executable.run(feeds);
  await executable.dispose();
  return outputs;
}

describe('the network gives what diffusers gives', () => {
  it('for the image alone', async () => {
    const { scope, params } = parameterStore();
    const given = input('image', image.shape);
    const output = imageEmbedding(scope.at('controlnet_cond_embedding'), network.config, given);
    const graph = { inputs: { image: given }, params, outputs: { output } };
    const { output: embedded } = await run(graph, network.params, { image });
    expect(worst(numbers(embedded), numbers(expected.cond_embedding))).toBeLessThan(ACCURACY);
  }, 300_000);

  it('for each map that is added', async () => {
    const { scope, params } = parameterStore();
    const inputs = {
      sample: input('sample', sample.shape),
      timestep: input('timestep', [2]),
      text: input('text', text.shape),
      image: input('image', both.shape),
    };
    const { skips, mid } = controlResiduals(scope, network.config, {
      ...inputs,
      encoderHiddenStates: inputs.text,
    });
    const outputs = { ...Object.fromEntries(skips.map((map, i) => [`${i}`, map])), mid };
    const given = await run({ inputs, params, outputs }, network.params, {
      sample,
      timestep,
      text,
      image: both,
    });
    expect(skips).toHaveLength(6);
    for (const i of skips.keys()) {
      const wanted = numbers(expected[`down_block_res_samples.${i}`]);
      expect(worst(numbers(given[i]), wanted)).toBeLessThan(ACCURACY);
    }
    expect(worst(numbers(given.mid), numbers(expected.mid_block_res_sample))).toBeLessThan(ACCURACY);
  }, 300_000);
});

describe('the U-Net with the plugin gives what diffusers gives', () => {
  const outputFor = async (scales: Tensors[string], fuser: number) => {
    const plugin = controlnet(network);
    const plugins: readonly Plugin[] = [grounding, plugin];
    const params: Tensors = { ...model.unet.params, ...plugin.params };
    const [, , height, width] = sample.shape;
    const sizes = { batch: 2, height, width, tokens: text.shape[1], objects: 30 };
    const graph = unetGraph(model.unet.config, plugins, sizes, (name) => Object.hasOwn(params, name));
    const { output } = await run(graph, params, {
      sample,
      timestep,
      text,
      'control.image': both,
      'control.scales': scales,
      [poiInputs.boxes]: expected['grounding.boxes'],
      [poiInputs.masks]: expected['grounding.masks'],
      [poiInputs.embeddings]: expected['grounding.embeddings'],
      [poiInputs.strength]: tensor([fuser], []),
    });
    return numbers(output);
  };
  const scales = (scale: number, guessMode = false) =>
    residualScales([true, true], 7, { scale, guessMode, from: 0, until: 1 }, false);

  it.each([
    [1, 1, 'scale1.unet.out'],
    [0.5, 1, 'scale0.5.unet.out'],
    [1, 0, 'scale1.unet.out_fuser_off'],
  ])(
    'at scale %d, grounding %d',
    async (scale, fuser, key) => {
      expect(worst(await outputFor(scales(scale), fuser), numbers(expected[key]))).toBeLessThan(ACCURACY);
    },
    300_000,
  );

  it('in guess mode', async () => {
    const guess = scales(1, true);
    expect(worst(numbers(guess).slice(7), numbers(expected['guess_mode.scales']))).toBeLessThan(1e-6);
    const wanted = numbers(expected['guess_mode.unet.out']);
    expect(worst(await outputFor(guess, 1), wanted)).toBeLessThan(ACCURACY);
  }, 300_000);
});
