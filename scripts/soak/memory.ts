// `npm run soak:memory`: does a process that paints pictures of ever new shapes keep to its memory?
// The npm script tells glibc to hand freed memory back at once: by default it keeps some for later, and that is counted.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cpu } from '@spatiallock/backend-onnx';
import { wholeNumber } from '@spatiallock/cli/command';
import type { Layout } from '@spatiallock/core';
import { type Random, random } from '@spatiallock/core/nn';
import { modelDirectory } from '@spatiallock/model-emoji';
import { fromPretrained, type Pipeline } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { runCommand } from '@spatiallock/research-harness';
import { askedOf, heldOutLayout } from '@spatiallock/scenes';

/** Growth from the middle to the end, as a share. */
const MOST_GROWTH = 0.05;
/** What may be left after `dispose`, above where the process stood before it painted. */
const MOST_LEFT = 0.1;
/** Of the memory in the middle, and of that at the end. */
const MEASUREMENTS = 5;
const FIRST_LAYOUT = 43_000_000;

interface Shape {
  readonly batch: number;
  readonly objectSlots: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly decode: boolean;
}

/** Painted before each measurement, so that the same graphs are at hand whenever memory is measured. */
const STEADY: readonly Shape[] = [1, 4, 8].map((batch) => ({
  batch,
  objectSlots: 8,
  steps: 2,
  guidanceScale: 2,
  decode: true,
}));

await runCommand({
  name: 'soak:memory',
  description:
    'Paint pictures of mixed shapes in one process and compare its memory in the middle with that at the end.',
  args: {
    count: { type: 'string', valueHint: '300', description: 'pictures; default 300' },
    seed: { type: 'string', valueHint: '1', description: 'which shapes; default 1' },
  },
  async run(flags, { signal, say }) {
    const count = wholeNumber(flags, 'count', { min: 10 }) ?? 300;
    const rng = random(wholeNumber(flags, 'seed', { min: 0 }) ?? 1);
    const backend = cpu();
    const pipe = await fromPretrained(modelDirectory, { backend, plugins: [poi()] });
    await paint(pipe, STEADY[0]!, 0);
    const before = await memory(say, 'after the first picture');
    let middle = 0;
    let painted = 0;
    while (painted < count) {
      signal.throwIfAborted();
      const shape = shapeFrom(rng, count - painted);
      await paint(pipe, shape, painted);
      const was = painted;
      painted += shape.batch;
      if (was < count / 2 && painted >= count / 2) middle = await steadyMemory(pipe, say, `after ${painted}`);
    }
    const end = await steadyMemory(pipe, say, `after ${painted}`);
    await pipe.dispose();
    await backend.dispose();
    const left = await memory(say, 'after dispose');
    const [growth, rest] = [end / middle - 1, left / before - 1];
    say(`growth ${percent(growth)}, left after dispose ${percent(rest)} above the first picture`);
    if (growth > MOST_GROWTH)
      throw new Error(`soak: memory grew by ${percent(growth)}, more than ${percent(MOST_GROWTH)}`);
    if (rest > MOST_LEFT)
      throw new Error(`soak: ${percent(rest)} stay after dispose, more than ${percent(MOST_LEFT)}`);
  },
});

function shapeFrom(rng: Random, left: number): Shape {
  return {
    batch: Math.min(left, 1 + rng.int(12)),
    objectSlots: 8 + rng.int(8),
    steps: 1 + rng.int(4),
    guidanceScale: rng.int(2) === 0 ? 1 : 2.5,
    decode: rng.int(4) > 0,
  };
}

async function paint(pipe: Pipeline, { batch, ...options }: Shape, seed: number): Promise<void> {
  const layouts = Array.from({ length: batch }, (_, i): Layout => {
    return askedOf(heldOutLayout(FIRST_LAYOUT + seed + i, { pairs: 'any' }));
  });
  await pipe.generate(layouts, { ...options, seed });
}

/** The middle of several measurements: what the allocator holds back differs from one to the next. */
async function steadyMemory(pipe: Pipeline, say: (line: string) => void, when: string): Promise<number> {
  const measured: number[] = [];
  for (let i = 0; i < MEASUREMENTS; i++) {
    for (const shape of STEADY) await paint(pipe, shape, 0);
    measured.push(await memory(say, when));
  }
  return measured.sort((a, b) => a - b)[Math.floor(MEASUREMENTS / 2)]!;
}

/** Megabytes of the process once garbage is collected. */
async function memory(say: (line: string) => void, when: string): Promise<number> {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const megabytes = (bytes: number): number => bytes / 2 ** 20;
  const own = megabytes(heapUsed + external).toFixed(0);
  say(`${when.padEnd(24)} ${megabytes(rss).toFixed(0)} MB, of which JavaScript ${own} MB`);
  return megabytes(rss);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
