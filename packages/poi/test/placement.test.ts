import {
  input,
  MAX_OBJECTS,
  parameterStore,
  referenceBackend,
  type Tensors,
  tensor,
  type Value,
} from '@spatiallock/core';
import { parseUNet2dConditionConfig } from '@spatiallock/core/models';
import { initialise, normals } from '@spatiallock/core/nn';
import { networkContext } from '@spatiallock/core/pipeline';
import { expect, it } from 'vitest';
import { type PoiOptions, poi, poiInputs } from '../src/index.js';

const config = parseUNet2dConditionConfig({
  block_out_channels: [8],
  down_block_types: ['CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D'],
  norm_num_groups: 4,
  attention_head_dim: 2,
  cross_attention_dim: 8,
});
const WIDTH = 8;
const SIDE = 4;

/** What both hooks give for tokens before and after cross-attention, with gates open. */
async function hooked(options: PoiOptions) {
  const { scope, params } = parameterStore();
  const sizes = { batch: 1, height: SIDE, width: SIDE, objects: 1, tokens: 2 };
  const { context } = networkContext(scope, { config, sizes, has: () => true });
  const { hooks = {}, inputs } = poi({ injection: false, ...options }).network!(context);
  const shape = [1, SIDE ** 2, WIDTH];
  const [before, after]: [Value, Value] = [input('before', shape), input('after', shape)];
  const site = {
    scope: scope.at('block'),
    height: SIDE,
    width: SIDE,
    stage: 'mid',
    block: 0,
    hasAttention: true,
    heads: 2,
  } as const;
  const read = hooks.afterSelfAttention!(before, site);
  const joined = hooks.afterCrossAttention!(after, site);
  const graph = { inputs: { ...inputs, before, after }, params, outputs: { read, joined } };
  const open = { 'block.fuser.alpha_attn': tensor([1], []), 'block.fuser.alpha_dense': tensor([1], []) };
  const executable = await referenceBackend().compile(graph, { ...initialise(params, 1), ...open });
  const feeds: Tensors = {
    before: tensor(normals(1, SIDE ** 2 * WIDTH), shape),
    after: tensor(normals(2, SIDE ** 2 * WIDTH), shape),
    [poiInputs.boxes]: tensor(new Float32Array(MAX_OBJECTS * 4), [1, MAX_OBJECTS, 4]),
    [poiInputs.masks]: tensor(new Float32Array(MAX_OBJECTS), [1, MAX_OBJECTS]),
    [poiInputs.embeddings]: tensor(new Float32Array(MAX_OBJECTS * WIDTH), [1, MAX_OBJECTS, WIDTH]),
    [poiInputs.strength]: tensor([1], []),
  };
  const outputs = await executable.run(feeds);
  const numbers = (name: string) => Array.from(outputs[name]!.data as Float32Array);
  const given = (name: string) => Array.from(feeds[name]!.data as Float32Array);
  return {
    read: numbers('read'),
    joined: numbers('joined'),
    before: given('before'),
    after: given('after'),
    names: Object.keys(params),
  };
}

it('parallel attention leaves what cross-attention reads alone, and adds the same afterwards', async () => {
  const sequential = await hooked({});
  const parallel = await hooked({ placement: 'parallel' });
  expect(parallel.names).toEqual(sequential.names);
  expect(sequential.joined).toEqual(sequential.after);
  expect(parallel.read).toEqual(parallel.before);
  const added = sequential.read.map((value, i) => value - sequential.before[i]!);
  expect(Math.max(...added.map(Math.abs))).toBeGreaterThan(0.1);
  parallel.joined.forEach((value, i) => {
    expect(value).toBeCloseTo(parallel.after[i]! + added[i]!, 4);
  });
});
