// One measurement in a process of its own, for its peak of memory to be its own: prints JSON.

import { cpu } from '@spatiallock/backend-onnx';
import { fromPretrained } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';

const [folder, until, steps, interval = '1'] = process.argv.slice(2);
if (!folder) throw new Error('usage: measure.ts FOLDER UNTIL STEPS [INTERVAL]');

const backend = cpu();
const started = performance.now();
const pipe = await fromPretrained(folder, { backend, plugins: [poi()] });
const times: number[] = [];
const layout = {
  prompt: 'a dog and an apple on a beach',
  objects: [
    { phrase: 'a dog', box: [0.05, 0.35, 0.45, 0.95] },
    { phrase: 'an apple', box: [0.55, 0.5, 0.9, 0.9] },
  ],
} as const;
for await (const _ of pipe.stream([layout], {
  seed: 1,
  steps: Number(steps),
  guidanceScale: 7.5,
  deepCache: { interval: Number(interval) },
  decode: false,
  plugins: { poi: { until: Number(until) } },
})) {
  times.push((performance.now() - started) / 1000);
}
const calls = times.slice(1).map((time, i) => time - times[i]!);
const result = {
  // The first call compiles.
  firstCall: times[0],
  calls: calls.map((seconds) => Number(seconds.toFixed(2))),
  peakGiB: Number((process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)),
};
console.log(JSON.stringify(result));
await pipe.dispose();
await backend.dispose();
