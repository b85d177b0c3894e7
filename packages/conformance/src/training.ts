// Training: parameters move on inside the graph, and are read back.

import {
  attention,
  type Backend,
  type Executable,
  type Graph,
  input,
  layers,
  mean,
  multiply,
  parameterStore,
  referenceBackend,
  reshape,
  scalar,
  silu,
  subtract,
  type Tensors,
  tensor,
  transpose,
  upsampleNearest,
} from '@spatiallock/core';
import { initialise } from '@spatiallock/core/nn';
import { adamw, trainingGraph } from '@spatiallock/core/train';
import type { Case } from './case.js';
import { expectTensors } from './compare.js';
import { normal } from './specimen.js';

const STEPS = 4;
const RATE = 0.01;
const feeds = { x: normal([2, 3, 4, 4], 1), target: normal([2, 3, 4, 4], 2) };

/** A step of AdamW on a small network with convolutions down and up, a norm and attention. */
function stepGraph(): Graph {
  const { scope, params } = parameterStore();
  const [x, target] = [input('x', [2, 3, 4, 4]), input('target', [2, 3, 4, 4])];
  const wide = layers.conv2d(scope.at('in'), x, 8, 3, { padding: 1 });
  const normed = silu(layers.groupNorm(scope.at('norm'), wide, 2));
  const small = layers.conv2d(scope.at('down'), normed, 8, 3, { padding: 1, stride: 2 });
  const tokens = transpose(reshape(small, [2, 8, 4]), [0, 2, 1]);
  // Without biases: no gradient reaches that of the keys, and AdamW would make steps of rounding errors.
  const [q, k, v] = ['q', 'k', 'v'].map((name) => layers.linear(scope.at(name), tokens, 8, { bias: false }));
  const mixed = transpose(attention(q!, k!, v!), [0, 2, 1]);
  const large = upsampleNearest(reshape(mixed, [2, 8, 2, 2]), 2);
  const error = subtract(layers.conv2d(scope.at('out'), large, 3, 3, { padding: 1 }), target);
  const loss = mean(multiply(error, error));
  const learningRate = () => scalar(RATE);
  return trainingGraph({ inputs: { x, target }, params, loss, optimiser: adamw(), learningRate });
}

interface Course {
  readonly losses: readonly number[];
  readonly params: Tensors;
}

async function train(backend: Backend): Promise<Course> {
  const graph = stepGraph();
  const executable = await backend.compile(graph, initialise(graph.params, 3));
  try {
    return await course(executable);
  } finally {
    await executable.dispose();
  }
}

async function course(executable: Executable): Promise<Course> {
  const losses: number[] = [];
  for (let i = 0; i < STEPS; i++) losses.push((await executable.run(feeds)).loss!.data[0]!);
  return { losses, params: await executable.readParams() };
}

async function expectCourse(backend: Backend): Promise<void> {
  const expected = await train(referenceBackend());
  const { losses, params } = await train(backend);
  losses.forEach((loss, i) => {
    const before = losses[i - 1];
    if (before !== undefined && !(loss < before))
      throw new Error(`loss: does not fall, ${losses.join(', ')}`);
  });
  const asTensor = (numbers: readonly number[]) => tensor(numbers, [STEPS]);
  expectTensors(backend.name, 'training', { loss: asTensor(losses) }, { loss: asTensor(expected.losses) });
  expectTensors(backend.name, 'training', params, expected.params);
}

/** Parameters that were handed in stay the caller's: neither is theirs written to, nor is what they write seen. */
async function expectOwnState(backend: Backend): Promise<void> {
  const graph = stepGraph();
  const given = initialise(graph.params, 3);
  const before = initialise(graph.params, 3);
  const executable = await backend.compile(graph, given);
  try {
    await executable.run(feeds);
    expectTensors(backend.name, 'op', given, before);
    const moved = await executable.readParams();
    for (const { data } of Object.values(given)) data.fill(0);
    expectTensors(backend.name, 'op', await executable.readParams(), moved);
  } finally {
    await executable.dispose();
  }
}

/** Calls that overlap run one after another. */
async function expectQueue(backend: Backend): Promise<void> {
  const graph = stepGraph();
  const start = initialise(graph.params, 3);
  const [one, other] = [await backend.compile(graph, start), await backend.compile(graph, start)];
  try {
    const atOnce = await Promise.all(Array.from({ length: 3 }, () => one.run(feeds)));
    for (const { loss } of atOnce) {
      expectTensors(backend.name, 'training', { loss: (await other.run(feeds)).loss! }, { loss: loss! });
    }
  } finally {
    await Promise.all([one.dispose(), other.dispose()]);
  }
}

export const trainingCases: readonly Case[] = [
  { name: `training: ${STEPS} steps of AdamW, loss falling, numbers of the reference`, run: expectCourse },
  { name: "training: the caller's parameters are left alone", run: expectOwnState },
  { name: 'training: overlapping calls queue', run: expectQueue },
];
