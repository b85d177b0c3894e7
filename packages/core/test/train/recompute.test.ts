import { describe, expect, it } from 'vitest';
import { expandComposites, peakBytes, simplify } from '../../src/entries/backend.js';
import { initialise, normals } from '../../src/entries/nn.js';
import { adamw, recompute, trainingGraph } from '../../src/entries/train.js';
import {
  add,
  attention,
  conv2d,
  type Graph,
  gelu,
  groupNorm,
  input,
  layerNorm,
  matmul,
  mean,
  multiply,
  ones,
  parameterStore,
  referenceBackend,
  reshape,
  type Scope,
  scalar,
  silu,
  subtract,
  type Tensors,
  tensor,
  transpose,
  uniform,
  type Value,
  zeros,
} from '../../src/index.js';

const [ROWS, CHANNELS, SIDE] = [2, 4, 4];

/** A residual block with each kind of node that U-Nets have, and something from far before (a skip connection). */
function block(scope: Scope, x: Value, skip: Value): Value {
  const norm = (name: string): [Value, Value] => [
    scope.param(`${name}.weight`, [CHANNELS], ones),
    scope.param(`${name}.bias`, [CHANNELS], zeros),
  ];
  const kernel = scope.param('kernel', [CHANNELS, CHANNELS, 3, 3], uniform(0.4));
  const hidden = conv2d(silu(groupNorm(x, ...norm('group'), 2)), kernel, { padding: 1 });
  const tokens = transpose(reshape(add(hidden, skip), [ROWS, CHANNELS, -1]), [0, 2, 1]);
  const normal = layerNorm(tokens, ...norm('layer'));
  const project = (name: string) => matmul(normal, scope.param(name, [CHANNELS, CHANNELS], uniform(0.5)));
  const mixed = add(tokens, gelu(attention(project('q'), project('k'), project('v'))));
  return add(x, reshape(transpose(mixed, [0, 2, 1]), x.shape));
}

function network(depth: number, trains?: (name: string) => boolean): Graph {
  const { scope, params } = parameterStore();
  const x = input('x', [ROWS, CHANNELS, SIDE, SIDE]);
  const y = input('y', x.shape);
  let hidden = x;
  const skips: Value[] = [];
  for (let i = 0; i < depth; i++) {
    hidden = block(scope.at('blocks', i), hidden, skips.at(-2) ?? x);
    skips.push(hidden);
  }
  const error = subtract(hidden, y);
  return trainingGraph({
    inputs: { x, y },
    params,
    loss: mean(multiply(error, error)),
    optimiser: adamw(),
    learningRate: () => scalar(0.01),
    ...(trains ? { trains } : {}),
  });
}

const feeds: Tensors = Object.fromEntries(
  ['x', 'y'].map((name, i) => [
    name,
    tensor(normals(i + 1, ROWS * CHANNELS * SIDE * SIDE), [ROWS, CHANNELS, SIDE, SIDE]),
  ]),
);

async function stepped(graph: Graph) {
  const executable = await referenceBackend().compile(graph, initialise(graph.params, 3));
  const outputs = [await executable.run(feeds), await executable.run(feeds)];
  const state = await executable.readParams();
  await executable.dispose();
  return { outputs, state };
}

const held = (graph: Graph): number => peakBytes(simplify(expandComposites(graph)));

describe('recompute', () => {
  const graph = network(8);
  const whole = held(graph);

  it('leaves a graph alone that keeps to the budget', () => {
    expect(recompute(graph, { budget: whole })).toBe(graph);
  });

  it('trains to the same numbers, bit for bit, in the memory that it is given', async () => {
    const expected = await stepped(graph);
    for (const share of [0.8, 0.5]) {
      const smaller = recompute(graph, { budget: share * whole });
      expect(held(smaller)).toBeLessThanOrEqual(share * whole);
      expect(await stepped(smaller)).toEqual(expected);
    }
  });

  it('keeps inputs, parameters and the names of everything', () => {
    const smaller = recompute(graph, { budget: 0.6 * whole });
    expect(smaller.inputs).toBe(graph.inputs);
    expect(smaller.params).toBe(graph.params);
    expect(Object.keys(smaller.updates!)).toEqual(Object.keys(graph.updates!));
    expect(smaller.outputs.loss).toBe(graph.outputs.loss);
  });

  it('holds less where few parameters learn, the first ones too', async () => {
    for (const trained of [/\.q$/, /^blocks\.0\./]) {
      const part = network(8, (name) => trained.test(name));
      const budget = 0.7 * held(part);
      const expected = await stepped(part);
      expect(await stepped(recompute(part, { budget }))).toEqual(expected);
    }
  });

  it('says how much is needed where no budget will do', () => {
    expect(() => recompute(graph, { budget: 1000 })).toThrow(
      /needs at least 0\.\d+ MiB .* the budget is 0\.001 MiB/,
    );
  });

  it('refuses budgets and outputs that are none', () => {
    expect(() => recompute(graph, { budget: 0 })).toThrow(/budget must be a number of bytes above 0, not 0/);
    expect(() => recompute(graph, { budget: 1, loss: 'mse' })).toThrow(/no output "mse"/);
    expect(() => recompute(graph, { budget: Number.NaN })).toThrow(/budget/);
  });
});
