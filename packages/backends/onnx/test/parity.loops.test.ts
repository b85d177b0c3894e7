// PoI, and whole denoising loops, against the numbers of diffusers 0.21.4.

import {
  type CallProgress,
  type Executable,
  input,
  type Layout,
  parameterStore,
  type Tensor,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { readSafetensors } from '@spatiallock/core/io';
import { parseUNet2dConditionConfig } from '@spatiallock/core/models';
import {
  clipTokenizer,
  type DenoisedCall,
  decodeRow,
  denoise,
  graphCache,
  guidedPrediction,
  latentAutoencoder,
  objectSlots,
  unetGraph,
} from '@spatiallock/core/pipeline';
import { type SamplingPlan, schedulerFromConfig } from '@spatiallock/core/schedulers';
import { fixtureBytes, fixtureJson } from '@spatiallock/fixtures';
import { groundingTokens, poi } from '@spatiallock/poi';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, worst } from './support.js';

const FOLDER = 'diffusers-sd1';
const SINGLE = 1e-4;
const LOOP = 1e-3;
const STEPS = 10;
const OBJECTS = 3;

const expected = readSafetensors(fixtureBytes('diffusers-sd1/expected.safetensors'));
const floats = (key: string): Float32Array => expected[key].data as Float32Array;
const weights = (folder: string): Tensors =>
  readSafetensors(fixtureBytes(`${FOLDER}/${folder}/diffusion_pytorch_model.safetensors`));

const config = parseUNet2dConditionConfig(fixtureJson(`${FOLDER}/unet/config.json`));
const params = weights('unet');
const [, , height, width] = expected['loop.latents'].shape;
const textShape = expected['text.last_hidden_state'].shape;
const has = (name: string): boolean => Object.hasOwn(params, name);
const unets = graphCache({ component: 'unet', backend, params });
const vaes = graphCache({ component: 'vae', backend, params: weights('vae') });

afterAll(() => backend.dispose());

/** The three objects of row 1 as a layout; their phrases are numbers that `encodePhrases` looks up. */
const layout: Layout = {
  prompt: '',
  objects: Array.from({ length: OBJECTS }, (_, i) => {
    const [x0, y0, x1, y1] = row('grounding.boxes', 30 + i);
    return { phrase: String(i), box: [x0, y0, x1, y1] };
  }),
};

/** One vector of a table of the fixtures, counted over all dimensions but the last. */
function row(key: string, index: number): Float32Array {
  const size = expected[key].shape.at(-1) ?? 1;
  return floats(key).subarray(index * size, (index + 1) * size);
}

async function encodePhrases(phrases: readonly string[]): Promise<Tensor> {
  const rows = phrases.map((phrase) => row('grounding.embeddings', 30 + Number(phrase)));
  return tensor(Float32Array.from(rows.flatMap((r) => [...r])), [phrases.length, config.cross_attention_dim]);
}

/** The fixtures' U-Net with PoI for an unconditional and a conditional row, and PoI's numbers for each call. */
async function groundedUNet(): Promise<{
  executable: Executable;
  feed: (progress: CallProgress) => Tensors;
}> {
  const plugin = poi();
  const sizes = { batch: 2, height, width, tokens: textShape[1], objects: objectSlots(OBJECTS) };
  const { executable } = await unets.lease('grounded', () => unetGraph(config, [plugin], sizes, has));
  const context = {
    config,
    height,
    width,
    has,
    options: plugin.parseOptions!(undefined, 'plugins.poi'),
    tokenizer: clipTokenizer({ vocab: { '<|startoftext|>': 0, '<|endoftext|>': 1 }, merges: [] }),
    encodePhrases,
    encodeTokens: () => Promise.reject(new Error('not to be asked')),
    phraseTokens: () => [],
    tokens: 77,
  };
  const row = { layout, prompt: layout.prompt };
  const feed = await plugin.feed?.(
    [
      { ...row, conditional: false },
      { ...row, conditional: true },
    ],
    context,
  );
  if (!feed) throw new Error('poi has no inputs');
  return { executable, feed };
}

describe('parity of PoI', () => {
  it('grounding tokens', async () => {
    const store = parameterStore();
    const names = ['boxes', 'masks', 'embeddings'] as const;
    const given = Object.fromEntries(names.map((name) => [name, expected[`grounding.${name}`]]));
    const [boxes, masks, embeddings] = names.map((name) => input(name, given[name].shape));
    const scope = store.scope.at('position_net');
    const tokens = groundingTokens(scope, { boxes, masks, embeddings }, config.cross_attention_dim);
    const graph = { inputs: { boxes, masks, embeddings }, params: store.params, outputs: { tokens } };
    const executable = await backend.compile(graph, params);
    const outputs = await executable.run(given);
    expect(worst(outputs.tokens.data, floats('grounding.tokens'))).toBeLessThan(SINGLE);
  });

  it('feeds what the fixtures feed, nothing for the unconditional row', async () => {
    const { feed } = await groundedUNet();
    const fed = feed({ stepIndex: 0, calls: 10 });
    for (const name of ['boxes', 'masks', 'embeddings']) {
      const given = fed[`poi.${name}`].data as Float32Array;
      const half = given.length / 2;
      expect(given.subarray(0, half), name).toEqual(new Float32Array(half));
      expect(given.subarray(half), name).toEqual(floats(`grounding.${name}`).slice(half));
    }
  });

  it.each([
    { key: 'unet.out', stepIndex: 2, strength: 1 },
    { key: 'unet.out_fuser_off', stepIndex: 3, strength: 0 },
  ])('$key: with call $call of 10', async ({ key, stepIndex, strength }) => {
    const { executable, feed } = await groundedUNet();
    const fed = feed({ stepIndex, calls: 10 });
    expect(fed['poi.strength'].data[0]).toBe(strength);
    const { output } = await executable.run({
      ...fed,
      sample: expected['unet.sample'],
      timestep: expected['unet.timestep'],
      text: expected['text.last_hidden_state'],
    });
    expect(worst(output.data, floats(key))).toBeLessThan(SINGLE);
  });
});

const loops = Object.keys(expected).flatMap((key) => /^loop\.(\w+)\.final$/.exec(key)?.[1] ?? []);

function planOf(name: string): SamplingPlan {
  const scheduler = fixtureJson(`${FOLDER}/scheduler_config.json`);
  if (name !== 'ddim_trailing') return schedulerFromConfig(scheduler, name).plan(STEPS);
  return schedulerFromConfig({ ...scheduler, timestep_spacing: 'trailing' }, 'ddim').plan(STEPS);
}

async function loopOf(name: string): Promise<DenoisedCall[]> {
  const { executable, feed } = await groundedUNet();
  const [conditional, unconditional] = [0, 1].map((text) => {
    const size = textShape[1] * textShape[2];
    return floats('text.last_hidden_state').subarray(text * size, (text + 1) * size);
  });
  const predict = guidedPrediction({
    executable,
    shape: expected['loop.latents'].shape,
    text: tensor(Float32Array.of(...unconditional, ...conditional), textShape),
    pluginInputs: feed,
    guidanceScale: 7.5,
  });
  const calls: DenoisedCall[] = [];
  const noise = () => floats('loop.latents');
  for await (const call of denoise({ plan: planOf(name), noise, predict })) calls.push(call);
  return calls;
}

describe('parity of whole loops, objects held for the first three tenths', () => {
  it('covers every loop of the fixtures', () => expect(loops).toHaveLength(8));

  it.each(loops)('%s', async (name) => {
    const calls = await loopOf(name);
    expect(calls.map((call) => call.timestep)).toEqual([...floats(`loop.${name}.timesteps`)]);
    expect(worst(calls[0].sample, floats(`loop.${name}.after1`)), 'after1').toBeLessThan(LOOP);
    expect(worst(calls[4].sample, floats(`loop.${name}.after5`)), 'after5').toBeLessThan(LOOP);
    expect(worst(calls.at(-1)?.sample ?? [], floats(`loop.${name}.final`)), 'final').toBeLessThan(LOOP);
  });

  it('the picture at the end of ddim, to the nearest of 256 levels', async () => {
    const latents = (await loopOf('ddim')).at(-1)?.sample ?? new Float32Array();
    const decoder = latentAutoencoder('AutoencoderKL', fixtureJson(`${FOLDER}/vae/config.json`));
    const image = await decodeRow({ decoder, graphs: vaes }, tensor(latents, [1, 4, height, width]), 0);
    const plane = image.width * image.height;
    const levels = Float32Array.from(
      image.data,
      (_, i) => image.data[(i % plane) * 3 + Math.floor(i / plane)],
    );
    const clamped = floats('loop.ddim.image').map((x) => Math.min(255, Math.max(0, (x + 1) * 127.5)));
    const largest = levels.reduce((most, x, i) => Math.max(most, Math.abs(x - clamped[i])), 0);
    expect(largest).toBeLessThan(0.5 + LOOP * 127.5);
  });
});
