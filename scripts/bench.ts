// `npm run bench`: how near the CPU backend comes to the machine's own matrix product, as ratios of one run.
// Times of shared machines mean little; the ratios hold, above all those by processor time.

import { cpu } from '@spatiallock/backend-onnx';
import {
  abs,
  type Executable,
  type Graph,
  input,
  matmul,
  mean,
  multiply,
  parameterStore,
  sizeOf,
  subtract,
  type Tensors,
  tensor,
  type Value,
  type Values,
} from '@spatiallock/core';
import { operations } from '@spatiallock/core/backend';
import { decodeDc, encodeDc, unet2dCondition } from '@spatiallock/core/models';
import { initialise, normals } from '@spatiallock/core/nn';
import { adamw, cosineRate, trainingGraph } from '@spatiallock/core/train';
import { runCommand } from '@spatiallock/research-harness';
import { autoencoderConfig, TEXT_LENGTH, TEXT_WIDTH, unetConfig } from '@spatiallock/research-recipe-128';

const BATCH = 32;
const ROUNDS = 7;

function feedsOf(inputs: Values): Tensors {
  const entries = Object.entries(inputs);
  return Object.fromEntries(
    entries.map(([name, { shape }], i) => [name, tensor(normals(i + 1, sizeOf(shape)), shape)]),
  );
}

function matrixProduct(): Graph {
  const [a, b] = [input('a', [1024, 1024]), input('b', [1024, 1024])];
  return { inputs: { a, b }, params: {}, outputs: { y: matmul(a, b) } };
}

function step(inputs: Values, params: Values, loss: Value): Graph {
  const learningRate = cosineRate({ peak: 1e-3, warmup: 100, steps: 1000 });
  return trainingGraph({ inputs, params, loss, optimiser: adamw(), learningRate, ema: 0.998 });
}

function unet(train: boolean): Graph {
  const { scope, params } = parameterStore();
  const inputs = {
    sample: input('sample', [BATCH, 16, 16, 16]),
    timestep: input('timestep', [BATCH]),
    encoderHiddenStates: input('encoderHiddenStates', [BATCH, TEXT_LENGTH, TEXT_WIDTH]),
  };
  const predicted = unet2dCondition(scope, unetConfig, inputs);
  if (!train) return { inputs, params, outputs: { predicted } };
  const error = subtract(predicted, inputs.sample);
  return step(inputs, params, mean(multiply(error, error)));
}

function autoencoderStep(): Graph {
  const { scope, params } = parameterStore();
  const image = input('image', [BATCH, 3, 64, 64]);
  const copy = decodeDc(scope, autoencoderConfig, encodeDc(scope, autoencoderConfig, image));
  return step({ image }, params, mean(abs(subtract(copy, image))));
}

interface Timed {
  readonly wall: number;
  readonly processor: number;
}

async function time(compiled: Executable, feeds: Tensors): Promise<Timed> {
  const [from, used] = [performance.now(), process.cpuUsage()];
  await compiled.run(feeds);
  const { user, system } = process.cpuUsage(used);
  return { wall: performance.now() - from, processor: (user + system) / 1000 };
}

/** The fastest of some rounds, the first of which warms up. */
async function fastest(graph: Graph): Promise<Timed & { readonly operations: number }> {
  const backend = cpu();
  const compiled = await backend.compile(graph, initialise(graph.params, 1));
  const feeds = feedsOf(graph.inputs);
  await compiled.run(feeds);
  const times: Timed[] = [];
  for (let i = 0; i < ROUNDS; i++) times.push(await time(compiled, feeds));
  await backend.dispose();
  const least = (key: keyof Timed) => Math.min(...times.map((t) => t[key]));
  return { wall: least('wall'), processor: least('processor'), operations: operations(graph) };
}

const graphs: Readonly<Record<string, () => Graph>> = {
  'matrix product 1024': matrixProduct,
  'U-Net call': () => unet(false),
  'U-Net training step': () => unet(true),
  'autoencoder training step': autoencoderStep,
};

async function benchNode(): Promise<void> {
  let base: Timed | undefined;
  process.stdout.write('                              ms   GFLOP/s   ratio   ratio by processor time\n');
  for (const [name, build] of Object.entries(graphs)) {
    const { operations: n, wall, processor } = await fastest(build());
    const rates = { wall: n / wall / 1e6, processor: n / processor / 1e6 };
    base ??= rates;
    const cells = [
      wall.toFixed(1).padStart(8),
      rates.wall.toFixed(0).padStart(9),
      (rates.wall / base.wall).toFixed(2).padStart(7),
      (rates.processor / base.processor).toFixed(2).padStart(7),
    ];
    process.stdout.write(`${name.padEnd(26)}${cells.join(' ')}\n`);
  }
}

await runCommand({
  name: 'bench',
  description: "Time the CPU backend against the machine's own matrix product.",
  args: { browser: { type: 'boolean', description: "the browser's devices against Node's instead" } },
  run: async (flags) =>
    flags.has('browser') ? (await import('./browser/bench.js')).benchBrowser() : benchNode(),
});
