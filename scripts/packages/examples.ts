// The examples as somebody copies them into a project of theirs: without their types, beside a program that uses them.

import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { globSync } from 'tinyglobby';

interface CopiedExample {
  /** From the repository's root. */
  readonly folder: string;
  /** Files of it that are no TypeScript, by their paths in it. */
  readonly assets?: readonly string[];
  /** A program beside the copy, which prints one line of JSON; its words are a model directory and what the test adds. */
  readonly program: string;
}

/** Copies an example with its program, `main.js`, into a folder. */
export async function copyExample(
  { folder, assets = [], program }: CopiedExample,
  to: string,
): Promise<void> {
  const sources = globSync('**/*.ts', { cwd: folder, ignore: ['test/**', 'node_modules/**'] });
  mkdirSync(to, { recursive: true });
  await build({
    absWorkingDir: join(process.cwd(), folder),
    entryPoints: sources,
    outdir: relative(folder, to),
    outbase: '.',
    bundle: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
  for (const path of assets) cpSync(join(folder, path), join(to, path), { recursive: true });
  writeFileSync(join(to, 'main.js'), program);
}

const files = `(folder) => ({ read: (path) => readFile(join(folder, path)).catch(() => undefined) })`;

/** By what an example is. */
export const copiedExamples: Readonly<Record<string, CopiedExample>> = {
  'a plugin that trains': {
    folder: 'examples/own-plugin',
    program: `
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { fromPretrained } from '@spatiallock/core';
import { initialise } from '@spatiallock/core/nn';
import { loadModel } from '@spatiallock/core/pipeline';
import { adamw, cosineRate } from '@spatiallock/core/train';
import { partWeights, textTable, trainStage, unetObjective, unetStage, writePluginWeights } from '@spatiallock/training';
import { ownPlugin } from './ownPlugin.js';

const [folder, run] = process.argv.slice(2);
const read = ${files};
const backend = cpu({ threads: 1 });
const plugins = [ownPlugin];
const objects = [{ phrase: 'a cat', box: [0, 0, 0.5, 0.5] }];
const { unet: { config, params }, tokenizer, textEncoder, schedulerConfig } = await loadModel(read(folder), plugins);
const sizes = { batch: 4, height: 8, width: 8, tokens: tokenizer.maxLength, objects: 2 };
const asked = unetObjective({ config, plugins, sizes, predictionType: 'epsilon' }).params;
const texts = await textTable({ backend, tokenizer, batch: 4, config: textEncoder.config, weights: textEncoder.params });
// Bright in the box, dark elsewhere.
const latents = Float32Array.from({ length: 256 }, (_, i) => (i % 8 < 4 && (i >> 3) % 8 < 4 ? 1.5 : -0.5));
const steps = 25;
const stage = unetStage({
  name: 'own', steps, config, plugins, sizes, schedulerConfig, texts, seed: 1,
  pictures: (count) => Array.from({ length: count }, () => ({
    latents, caption: 'a cat', objects: objects.map((object) => ({ ...object, label: 'cat' })),
  })),
  learning: 'plugins',
  start: { ...initialise(asked, 1), ...params },
  optimiser: adamw(),
  learningRate: cosineRate({ peak: 1e-2, warmup: 1, steps }),
});
const batch = await stage.batch(0);
const losses = [];
const weights = await trainStage({ ...stage, batch: () => batch }, {
  backend, folder: run, signal: new AbortController().signal, onStep: ({ values }) => losses.push(values.loss),
});
const write = async (path, bytes) => {
  await mkdir(dirname(join(run, path)), { recursive: true });
  await writeFile(join(run, path), bytes);
};
await writePluginWeights({ write }, partWeights(weights, plugins), plugins);
const trained = {
  read: async (path) => (await read(run).read(path)) ?? read(folder).read(path),
};
const pipe = await fromPretrained(trained, { backend, plugins });
const paint = async (objects) =>
  (await pipe.generate({ prompt: 'a cat', objects }, { steps: 2, guidanceScale: 1, decode: false })).latents.data;
const [boxed, plain] = [await paint(objects), await paint([])];
const gap = Math.max(...boxed.map((value, i) => Math.abs(value - plain[i])));
console.log(JSON.stringify({ first: losses[0], last: losses.at(-1), gap }));
`,
  },
  'a detector of an ONNX file': {
    folder: 'examples/custom-detector',
    program: `
import { writeFile } from 'node:fs/promises';
import { buildModel } from '@spatiallock/backend-onnx';
import { input, mean } from '@spatiallock/core';
import * as ort from 'onnxruntime-node';
import { onnxDetector } from './onnxDetector.js';

// A network that says how bright the left half is, and the right one.
const image = input('image', [1, 3, 32, 32]);
const graph = { inputs: { image }, params: {}, outputs: { columns: mean(image, [0, 1, 2]) } };
const model = process.argv[3] + '.onnx';
await writeFile(model, buildModel(graph, () => { throw new Error('has no parameters'); }).bytes);
const detector = await onnxDetector({
  ort, model, labels: ['bright'], side: 32,
  decode: (outputs) => {
    const [columns] = Object.values(outputs);
    const half = (from) => columns.data.slice(from, from + 16).reduce((sum, each) => sum + each, 0) / 16;
    return [[0, half(0)], [0.5, half(16)]].flatMap(([x, level]) =>
      level > 0 ? [{ label: 'bright', score: level, box: [x, 0, x + 0.5, 1] }] : []);
  },
});
const data = Uint8Array.from({ length: 3 * 64 * 64 }, (_, i) => (Math.floor(i / 3) % 64 < 32 ? 0 : 255));
console.log(JSON.stringify(await detector.detect({ width: 64, height: 64, channels: 3, data })));
`,
  },
  'a backend on PyTorch': {
    folder: 'examples/torch-backend',
    assets: ['src/python'],
    program: `
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { fromPretrained } from '@spatiallock/core';
import { torchBackend } from './src/index.js';

const [folder, , python] = process.argv.slice(2);
const files = (${files})(folder);
const paint = async (backend) => {
  const pipe = await fromPretrained(files, { backend });
  const { latents } = await pipe.generate({ prompt: 'a dog', objects: [] }, { seed: 7, steps: 2, decode: false });
  await backend.dispose();
  return latents.data;
};
const [ours, theirs] = [await paint(torchBackend({ python })), await paint(cpu({ threads: 1 }))];
const gap = Math.max(...ours.map((value, i) => Math.abs(value - theirs[i])));
console.log(JSON.stringify({ numbers: ours.length, gap }));
`,
  },
};
