// Training in little memory: activations computed again, parameters that do not learn left in their files.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cpu } from '@spatiallock/backend-onnx';
import {
  type Backend,
  type Executable,
  type Graph,
  type Plugin,
  scalar,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { expandComposites, peakBytes, simplify } from '@spatiallock/core/backend';
import { openSafetensors, writeSafetensors } from '@spatiallock/core/io';
import { initialise, random } from '@spatiallock/core/nn';
import { adamw, recompute, trainingGraph } from '@spatiallock/core/train';
import { openFile } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';
import { afterAll, describe, expect, it } from 'vitest';
import { learns, noisyBatches, trainStage, unetObjective, unetStage } from '../src/index.js';
import { batchOptions, SIDE, schedulerConfig, TOKENS } from './support.js';
import { contextIn, tinyStage } from './tinyStage.js';

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-memory-'));
afterAll(() => rmSync(folder, { recursive: true }));
const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());

const recipes = {
  GLIGEN: [poi({ injection: false })],
  'object-relative injection': [poi({ injection: true })],
};

/** Numbers for every parameter; what training starts at zero would hide the gradients of what comes before it. */
function numbersFor(graph: Graph): Tensors {
  const rng = random(7);
  const drawn = Object.entries(initialise(graph.params, 5)).map(([name, { data, shape }]) => {
    const isState = /^(optimiser|train)\./.test(name);
    const zero = !isState && (data as Float32Array).every((x) => x === 0);
    return [name, tensor(zero ? Float32Array.from(data, () => 0.1 * rng.normal()) : data, shape)] as const;
  });
  return Object.fromEntries(drawn);
}

/** So many pictures that their activations outweigh the parameters. */
const sizes = { batch: 16, height: SIDE, width: SIDE, tokens: TOKENS, objects: 2 };

const held = (graph: Graph): number => peakBytes(simplify(expandComposites(graph)));

function problem(plugins: readonly Plugin[]) {
  const options = batchOptions({ plugins, sizes });
  const objective = unetObjective({ ...options, predictionType: 'v_prediction' });
  const graph = trainingGraph({
    ...objective,
    optimiser: adamw(),
    learningRate: () => scalar(1e-3),
    clipNorm: 1e6,
    trains: (name) => learns(name, 'plugins', plugins),
  });
  return { options, objective, graph, params: numbersFor(graph) };
}

describe.each(Object.entries(recipes))('the recipe of %s', (_, plugins) => {
  const { options, objective, graph, params } = problem(plugins);

  it('learns the same in three quarters of the memory', async () => {
    const smaller = recompute(graph, { budget: 0.75 * held(graph) });
    const [whole, less] = [await backend.compile(graph, params), await backend.compile(smaller, params)];
    const batch = noisyBatches(options);
    for (let i = 0; i < 2; i++) {
      const feeds = await batch(i);
      const [a, b] = [await whole.run(feeds), await less.run(feeds)];
      for (const name of ['loss', 'gradientNorm']) {
        expect(Number(b[name]!.data[0])).toBeCloseTo(Number(a[name]!.data[0]), 5);
      }
      expect(Number(a.gradientNorm!.data[0])).toBeGreaterThan(0.001);
    }
    const [a, b] = [await whole.readParams(), await less.readParams()];
    const means = Object.keys(a).filter((name) => /^optimiser\..*\.mean$/.test(name));
    expect(means.length).toBeGreaterThan(10);
    for (const name of means) {
      const [x, y] = [a[name]!.data as Float32Array, b[name]!.data as Float32Array];
      const size = x.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
      const furthest = x.reduce((most, each, i) => Math.max(most, Math.abs(each - y[i]!)), 0);
      expect(furthest, name).toBeLessThanOrEqual(1e-4 * size);
    }
    await Promise.all([whole.dispose(), less.dispose()]);
  });

  it('has optimiser state for what learns alone', () => {
    const states = Object.keys(graph.params).filter((name) => name.startsWith('optimiser.'));
    const owners = new Set(states.map((name) => name.replace(/^optimiser\.(.*)\.(mean|square)$/, '$1')));
    expect([...owners].every((name) => learns(name, 'plugins', plugins))).toBe(true);
    expect(owners.size).toBeLessThan(Object.keys(objective.params).length / 2);
  });
});

it('parameters that do not learn are never read into memory, and a stage keeps its budget', async () => {
  const plugins = recipes.GLIGEN;
  const options = batchOptions({ plugins, sizes });
  const objective = unetObjective({ ...options, predictionType: 'v_prediction' });
  const path = join(folder, 'base.safetensors');
  writeFileSync(path, writeSafetensors(initialise(objective.params, 2)));
  const read = new Set<string>();
  const start = Object.fromEntries(
    Object.entries(openSafetensors((await openFile(path))!)).map(([name, given]) => [
      name,
      {
        ...{ dtype: given.dtype, shape: given.shape, place: given.place },
        get data() {
          read.add(name);
          return given.data;
        },
      },
    ]),
  );
  const stage = unetStage({
    ...options,
    name: 'unet',
    schedulerConfig,
    steps: 2,
    optimiser: adamw(),
    learningRate: () => scalar(1e-3),
    learning: 'plugins',
    start,
    ema: 0.9,
  });
  const context = { backend, folder, signal: new AbortController().signal };
  await expect(trainStage(stage, { ...context, memoryBudget: 1000 })).rejects.toThrow(/needs at least/);
  const weights = await trainStage(stage, { ...context, memoryBudget: 0.75 * held(trainingGraph(stage)) });
  const large = [...read].filter(
    (name) => !learns(name, 'plugins', plugins) && weights[name]!.shape.reduce((a, b) => a * b, 1) > 256,
  );
  expect(large).toEqual([]);
  expect(weights['conv_in.weight']!.place).toBeDefined();
});

it.each([
  ['at once', false],
  ['in turn', true],
])('gives back the state that it began with once a step has moved it on %s', async (_, lowMemory) => {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const begun: WeakRef<object>[] = [];
  let executable: Executable | undefined;
  const watched: Backend = {
    ...backend,
    async compile(graph, params, options) {
      for (const name of Object.keys(graph.updates ?? {})) begun.push(new WeakRef(params[name]!.data));
      executable = await backend.compile(graph, params, { ...options, lowMemory });
      return executable;
    },
  };
  /** Numbers that are neither gone nor, written over, the present ones. */
  let kept: number | undefined;
  const stage = tinyStage(1000, async (step) => {
    if (step < 3 || kept !== undefined) return;
    kept = -1;
    await setImmediate();
    collect();
    const count = (present: ReadonlySet<unknown>): number =>
      begun.map((each) => each.deref()).filter((data) => data !== undefined && !present.has(data)).length;
    const lent = executable?.withParams?.(async (now) =>
      count(new Set(Object.values(now).map(({ data }) => data))),
    );
    kept = lent ? await lent : count(new Set());
  });
  await trainStage(stage, { ...contextIn(join(folder, `state ${lowMemory}`)), backend: watched });
  expect(begun.length).toBeGreaterThan(3);
  expect(kept).toBe(0);
});
