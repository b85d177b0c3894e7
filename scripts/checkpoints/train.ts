// Steps of training in a process of its own, on 8 pictures: prints a line a step, then JSON. No picture is kept for validation,
// which would compile the U-Net a second time. With `still` nothing learns: it gives the base's losses of the same steps. With the
// number of a step it stops there with its state saved, and goes on from it when it is called again.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import type { Backend, Value, Values } from '@spatiallock/core';
import { attrsOf, type LeafAttrs, parameterOp, topological } from '@spatiallock/core/backend';
import { random } from '@spatiallock/core/nn';
import { encodePng, writeFileAtomically } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { fineTune } from '@spatiallock/training';

const [base, folder, budget, steps, side, how] = process.argv.slice(2);
if (!base || !folder) throw new Error('usage: train.ts BASE FOLDER BUDGET_GIB STEPS SIDE [still|STEP]');
const still = how === 'still';
const stopAfter = how === undefined || still ? Number(steps) : Number(how);

const SIDE = Number(side);
const images = join(folder, 'images');
mkdirSync(images, { recursive: true });
const pictures = await Promise.all(Array.from({ length: 8 }, (_, i) => drawn(i)));
const processor = cpu();
const backend = still ? withoutLearning(processor) : processor;
const stop = new AbortController();
let before = performance.now();
const losses: number[] = [];
const training = fineTune({
  backend,
  plugins: [poi()],
  base,
  images,
  pictures,
  out: join(folder, still ? 'still' : 'out'),
  steps: Number(steps),
  batch: 1,
  rate: 1e-3,
  validation: 0,
  saveEvery: 5,
  signal: stop.signal,
  memoryBudget: Number(budget) * 2 ** 30,
  onProgress({ task, done, loss }) {
    if (task !== 'training' || loss === undefined) return;
    losses.push(loss);
    const now = performance.now();
    const gib = (process.resourceUsage().maxRSS / 2 ** 20).toFixed(2);
    console.error(
      `step ${done}: loss ${loss.toFixed(4)}, ${((now - before) / 1000).toFixed(1)} s, peak ${gib} GiB`,
    );
    before = now;
    if (done === stopAfter && done < Number(steps)) stop.abort();
  },
});
const report = await training.catch((cause: unknown) => {
  if (!stop.signal.aborted) throw cause;
});
const peakGiB = Number((process.resourceUsage().maxRSS / 2 ** 20).toFixed(2));
console.log(JSON.stringify({ trainableParameters: report?.trainableParameters, losses, peakGiB }));
await backend.dispose();

/** Computes the loss of each step, and moves no parameter. */
function withoutLearning(backend: Backend): Backend {
  return {
    ...backend,
    compile(graph, params, options) {
      const { loss } = graph.outputs;
      if (!graph.updates || !loss) return backend.compile(graph, params, options);
      const forward = { inputs: graph.inputs, params: readBy(loss), outputs: { loss } };
      return backend.compile(forward, params, { ...options, lowMemory: true });
    },
  };
}

/** The parameters that a value depends on. */
function readBy(root: Value): Values {
  const read = topological([root]).filter(({ op }) => op === parameterOp);
  return Object.fromEntries(read.map((value) => [attrsOf<LeafAttrs>(value).name, value]));
}

/** A square of one colour on another. */
async function drawn(i: number) {
  const rng = random(i);
  const [x, y] = [rng.int(SIDE / 2), rng.int(SIDE / 2)];
  const colours = [0, 1].map(() => [rng.int(256), rng.int(256), rng.int(256)]);
  const data = new Uint8ClampedArray(3 * SIDE * SIDE);
  for (let at = 0; at < SIDE * SIDE; at++) {
    const [px, py] = [at % SIDE, Math.floor(at / SIDE)];
    const inside = px >= x && px < x + SIDE / 2 && py >= y && py < y + SIDE / 2;
    data.set(colours[inside ? 1 : 0]!, 3 * at);
  }
  const fileName = `${i}.png`;
  await writeFileAtomically(
    join(images, fileName),
    await encodePng({ width: SIDE, height: SIDE, channels: 3, data }),
  );
  const box = [x / SIDE, y / SIDE, (x + SIDE / 2) / SIDE, (y + SIDE / 2) / SIDE] as const;
  return {
    ...{ fileName, width: SIDE, height: SIDE, caption: `picture ${i}` },
    objects: [{ label: 'square', phrase: 'a square', box }],
  };
}
