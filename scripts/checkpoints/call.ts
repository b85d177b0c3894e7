// One U-Net call in a process of its own, on numbers that are always the same: prints JSON, writes the output.

import { writeFileSync } from 'node:fs';
import { cpu } from '@spatiallock/backend-onnx';
import { sizeOf, type Tensor, type Value } from '@spatiallock/core';
import { writeSafetensors } from '@spatiallock/core/io';
import { normals } from '@spatiallock/core/nn';
import { loadModel, unetGraph } from '@spatiallock/core/pipeline';
import { directory } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';

const [folder, out, side] = process.argv.slice(2);
if (!folder || !out) throw new Error('usage: call.ts FOLDER OUT SIDE');

const plugins = [poi()];
const { unet } = await loadModel(directory(folder), plugins);
const sizes = { batch: 1, height: Number(side), width: Number(side), tokens: 77, objects: 8 };
const graph = unetGraph(unet.config, plugins, sizes, (name) => Object.hasOwn(unet.params, name));
const params = Object.fromEntries(Object.keys(graph.params).map((name) => [name, unet.params[name]!]));
const feeds = Object.fromEntries(
  Object.entries(graph.inputs).map(([name, value], i) => [name, fed(name, value, i)]),
);
const backend = cpu();
const executable = await backend.compile(graph, params);
const times: number[] = [];
for (let i = 0; i < 3; i++) {
  const started = performance.now();
  const outputs = await executable.run(feeds);
  times.push((performance.now() - started) / 1000);
  writeFileSync(out, writeSafetensors(outputs));
}
console.log(
  JSON.stringify({
    seconds: Number(Math.min(...times).toFixed(2)),
    peakGiB: Number((process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)),
  }),
);
await executable.dispose();
await backend.dispose();

/** Random numbers; a timestep in the middle, boxes and masks in 0..1. */
function fed(name: string, { dtype, shape }: Value, i: number): Tensor {
  const drawn = normals(i + 1, sizeOf(shape));
  if (dtype === 'int32') return { dtype, shape, data: new Int32Array(drawn.length) };
  if (dtype === 'bool') return { dtype, shape, data: new Uint8Array(drawn.length).fill(1) };
  if (name === 'timestep') return { dtype, shape, data: drawn.fill(500) };
  return {
    dtype,
    shape,
    data: /box|mask|until|scale/i.test(name) ? drawn.map((x) => Math.min(1, Math.abs(x))) : drawn,
  };
}
