/**
 * Milliseconds per step of the emoji model's U-Net training on PyTorch, with random weights and pictures:
 *
 *     node --import tsx --conditions=@spatiallock/source examples/torch-backend/bench.ts --run float32
 *
 * For a machine with Node and Python alone, bundle it into one file and lay the folder of Python beside it:
 *
 *     npx esbuild examples/torch-backend/bench.ts --bundle --platform=node --format=esm \
 *       --conditions=@spatiallock/source --external:sharp --external:onnxruntime-node --external:onnxruntime-web \
 *       --external:@tensorflow/* --outfile=out/bench.mjs && cp -r examples/torch-backend/src/python out/
 *     node out/bench.mjs --device cuda --batch 48 --check --run tf32,graphs --run bfloat16,graphs,compile
 *
 * Each `--run` names a precision (float32, tf32, bfloat16) and any of `graphs` (CUDA graphs), `compile`
 * (torch.compile), `nhwc` (channels last) and `apart` (like tensors are not stacked). `--check` first computes
 * the same steps on the processor, and says how far each run's losses lie from them.
 */

import { parseArgs } from 'node:util';
import { type Graph, sizeOf, type Tensor, type Tensors, tensor, type Value } from '@spatiallock/core';
import { initialise, normals, random } from '@spatiallock/core/nn';
import { clipTokenizer } from '@spatiallock/core/pipeline';
import { trainingGraph } from '@spatiallock/core/train';
import { unetRun, unetStage } from '@spatiallock/research-recipe-128';
import { type TorchOptions, torchBackend } from './src/index.js';

const { values: flags } = parseArgs({
  options: {
    device: { type: 'string', default: 'cpu' },
    batch: { type: 'string', default: String(unetRun.batch) },
    steps: { type: 'string', default: '20' },
    python: { type: 'string', default: process.env.PYTHON ?? 'python3' },
    worker: { type: 'string' },
    run: { type: 'string', multiple: true, default: ['float32'] },
    'compile-seconds': { type: 'string', default: '240' },
    segment: { type: 'string', default: '500' },
    check: { type: 'boolean', default: false },
  },
});

const CHECKED = 3;
const steps = Number(flags.steps);
const started = performance.now();
const say = (line: string): void => {
  process.stdout.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${line}\n`);
};

function graphOf(batch: number): Graph {
  const none = () => Promise.reject(new Error('the bench feeds numbers of its own'));
  const tokenizer = clipTokenizer({ vocab: { '<|startoftext|>': 0, '<|endoftext|>': 1 }, merges: [] });
  const texts = { tokenizer, captions: none, phrases: none, dispose: async () => {} };
  const cache = { shape: [16, 16, 16], scale: 1 };
  return trainingGraph(unetStage({ ...unetRun, batch }, { cache, texts, pictures: none }));
}

/** Latents, noise and texts are normal; levels, weights and boxes lie between 0 and 1. */
function feedOf(name: string, { shape }: Value, seed: number): Tensor {
  const size = sizeOf(shape);
  if (/clean|noise$|text|embeddings/.test(name)) return tensor(normals(seed, size), shape);
  const source = random(seed);
  const scale = name === 'timestep' ? 999 : 1;
  return tensor(
    Float32Array.from({ length: size }, () => scale * source.uniform()),
    shape,
  );
}

const feedsOf = (graph: Graph): Tensors =>
  Object.fromEntries(Object.entries(graph.inputs).map(([name, value], i) => [name, feedOf(name, value, i)]));

function settingsOf(words: readonly string[]): TorchOptions {
  const precision = (['float32', 'tf32', 'bfloat16'] as const).find((name) => words.includes(name));
  const known = ['float32', 'tf32', 'bfloat16', 'graphs', 'compile', 'nhwc', 'apart'];
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) throw new Error(`--run: ${unknown} is none of ${known.join(', ')}`);
  return {
    precision,
    cudaGraphs: words.includes('graphs'),
    compile: words.includes('compile'),
    channelsLast: words.includes('nhwc'),
    stack: !words.includes('apart'),
    compileSeconds: Number(flags['compile-seconds']),
    segment: Number(flags.segment),
  };
}

/** Losses of the first steps, and milliseconds of each step. */
async function course(options: TorchOptions, graph: Graph, count: number) {
  const backend = torchBackend({
    ...options,
    python: flags.python,
    worker: flags.worker,
    onLine: (line) => say(`  ${line}`),
  });
  try {
    const from = performance.now();
    const executable = await backend.compile(graph, initialise(graph.params, 1));
    const compiled = performance.now() - from;
    const feeds = feedsOf(graph);
    const losses: number[] = [];
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      const { loss } = await executable.run(feeds);
      times.push(performance.now() - start);
      losses.push(loss!.data[0]!);
    }
    return { compiled, losses, times };
  } finally {
    await backend.dispose();
  }
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const batch = Number(flags.batch);
const graph = graphOf(batch);
say(`U-Net of the emoji model, batch ${batch}, ${Object.keys(graph.params).length} tensors of state`);
const expected = flags.check ? (await course({}, graph, CHECKED)).losses : undefined;
if (expected) say(`losses on the processor in float32: ${expected.join(', ')}`);
for (const run of flags.run) {
  try {
    const device = flags.device as NonNullable<TorchOptions['device']>;
    const { compiled, losses, times } = await course({ ...settingsOf(run.split(',')), device }, graph, steps);
    const later = times.slice(Math.min(3, times.length - 1));
    const apart = expected?.map((loss, i) => Math.abs(losses[i]! - loss) / loss);
    say(
      `${flags.device} ${run}: ${median(later).toFixed(2)} ms per step (fastest ${Math.min(...later).toFixed(2)}, ` +
        `first ${times[0]?.toFixed(0)}); compiled in ${(compiled / 1000).toFixed(1)} s; ` +
        `losses ${losses.slice(0, CHECKED).join(', ')} ... ${losses.at(-1)}` +
        `${apart ? `; off by at most ${Math.max(...apart).toExponential(1)}` : ''}`,
    );
  } catch (error) {
    const { message, cause } = error as Error;
    say(`${flags.device} ${run}: failed: ${message}${cause instanceof Error ? `\n${cause.message}` : ''}`);
  }
}
