// A training step that updates a few parameters at a time gives the same numbers, and holds its state once.

import { describe, expect, it } from 'vitest';
import { cutUpdates, referenceBackend, updatesInParts } from '../../src/entries/backend.js';
import { initialise } from '../../src/entries/nn.js';
import { adamw, cosineRate, muon, type Optimiser, trainingGraph } from '../../src/entries/train.js';
import {
  add,
  type Executable,
  type Graph,
  input,
  layers,
  mean,
  multiply,
  parameter,
  parameterStore,
  scalar,
  silu,
  subtract,
  sum,
  type Tensor,
  type Tensors,
  tensor,
  type Value,
} from '../../src/index.js';
import { regressionData } from '../train/support.js';

const [ROWS, WIDE] = [4, 16];
const feeds = (step: number): Tensors =>
  regressionData({ rows: ROWS, inputs: WIDE, outputs: WIDE }, step + 1);

function network() {
  const { scope, params } = parameterStore();
  const [x, y] = [input('x', [ROWS, WIDE]), input('y', [ROWS, WIDE])];
  const hidden = silu(layers.linear(scope.at('in'), x, WIDE));
  const error = subtract(layers.linear(scope.at('out'), hidden, WIDE), y);
  return { inputs: { x, y }, params, loss: mean(multiply(error, error)) };
}

const stepOf = (optimiser: Optimiser = adamw(), learningRate: (step: Value) => Value = () => scalar(0.01)) =>
  trainingGraph({ ...network(), optimiser, learningRate, ema: 0.9 });

/** Compiles parts on the reference backend, and knows which of their results are held. */
function watchedRunner(beforeRun: (graph: Graph) => void = () => undefined) {
  const backend = referenceBackend();
  const held = new Set<Tensor>();
  const released: Tensor[] = [];
  const most = { held: 0 };
  return {
    held,
    released,
    most,
    release(result: Tensor) {
      if (!held.delete(result)) throw new Error('released what is held by nobody');
      released.push(result);
    },
    async compile(graph: Graph, params: Tensors): Promise<Executable> {
      const executable = await backend.compile(graph, params);
      return {
        ...executable,
        async run(inputs) {
          beforeRun(graph);
          const results = await executable.run(inputs);
          for (const result of Object.values(results)) held.add(result);
          most.held = Math.max(most.held, held.size);
          return results;
        },
      };
    },
  };
}

const copied = (tensors: Tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data.slice()]));

const BYTES = 4 * WIDE * WIDE;
const cutOf = (graph: Graph) => cutUpdates(graph, BYTES)!;
const updatedIn = (graph: Graph): string[] => Object.keys(graph.updates ?? {});

async function opened(graph: Graph, start: Tensors, beforeRun?: (graph: Graph) => void) {
  const runner = watchedRunner(beforeRun);
  return { runner, executable: await updatesInParts(runner, graph, start, cutOf(graph)) };
}

describe('a step that is cut', () => {
  it('updates every parameter once, and reads in each part only what is updated there', () => {
    const graph = stepOf();
    const { first, updates } = cutOf(graph);
    const updated = updates.map((part) => Object.keys(part.graph.outputs));
    expect(updated.flat().sort()).toEqual(updatedIn(graph).sort());
    for (const [i, { updated: reads }] of updates.entries())
      expect(updated[i]).toEqual(expect.arrayContaining(Object.values(reads)));
    expect(updated).toContainEqual([
      'in.weight',
      'optimiser.in.weight.mean',
      'optimiser.in.weight.square',
      'ema.in.weight',
    ]);
    expect(Object.keys(first.graph.outputs)).toEqual(expect.arrayContaining(Object.keys(graph.outputs)));
    expect([first, ...updates].flatMap((part) => Object.keys(part.graph.params))).toEqual([]);
  });

  it.each<[string, Graph]>([
    ['AdamW at a constant rate', stepOf()],
    [
      'AdamW at a rate of its own for each step',
      stepOf(adamw(), cosineRate({ peak: 0.02, warmup: 2, steps: 5 })),
    ],
    ['Muon', stepOf(muon())],
  ])('gives the same numbers as the whole: %s', async (_, graph) => {
    const start = initialise(graph.params, 3);
    const whole = await referenceBackend().compile(graph, start);
    const { executable } = await opened(graph, start);
    for (let step = 0; step < 4; step++) {
      expect(await executable.run(feeds(step))).toEqual(await whole.run(feeds(step)));
    }
    expect(await executable.readParams()).toEqual(await whole.readParams());
  });

  it('updates together what reads each other, by the numbers before the step', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => parameter(name, [32])) as [Value, Value, Value];
    // Few numbers of a parameter that is updated: every part must see those before the step.
    const total = sum(b);
    const updates = { b: multiply(b, 2), a: add(a, b), c: multiply(c, total) };
    const graph: Graph = { inputs: {}, params: { a, b, c }, outputs: { total }, updates };
    const parts = cutUpdates(graph, 1)!.updates;
    expect(parts.map((part) => Object.keys(part.graph.outputs))).toEqual([['b', 'a'], ['c']]);
    const ones = tensor(new Float32Array(32).fill(1), [32]);
    const executable = await updatesInParts(
      watchedRunner(),
      graph,
      { a: ones, b: ones, c: ones },
      { ...cutUpdates(graph, 1)! },
    );
    await executable.run({});
    const { a: nextA, b: nextB, c: nextC } = await executable.readParams();
    expect([nextA, nextB, nextC].map((each) => each!.data[0])).toEqual([2, 2, 32]);
  });

  it('releases the numbers of a part before the next part, and hands none on', async () => {
    const graph = stepOf();
    const { executable, runner } = await opened(graph, initialise(graph.params, 3));
    const outputs: Tensor[] = [];
    for (let step = 0; step < 3; step++) {
      outputs.push(...Object.values(await executable.run(feeds(step))));
      expect(runner.held.size - outputs.length).toBe(updatedIn(graph).length);
    }
    const between = Object.keys(cutOf(graph).first.graph.outputs).length;
    const largest = Math.max(...cutOf(graph).updates.map((part) => Object.keys(part.graph.outputs).length));
    expect(runner.most.held).toBeLessThanOrEqual(
      updatedIn(graph).length + outputs.length + between + largest,
    );
    await executable.dispose();
    expect(runner.held).toEqual(new Set(outputs));
  });

  it('never releases what the caller gave or was given', async () => {
    const graph = stepOf();
    const start = initialise(graph.params, 3);
    const { executable, runner } = await opened(graph, start);
    const inputs = feeds(0);
    await executable.run(inputs);
    const read = await executable.readParams();
    const before = copied(read);
    await executable.run(inputs);
    await executable.dispose();
    const callers = [...Object.values(start), ...Object.values(inputs), ...Object.values(read)];
    expect(runner.released.filter((each) => callers.includes(each))).toEqual([]);
    expect(copied(read)).toEqual(before);
    expect(start).toEqual(initialise(graph.params, 3));
  });

  it('lends its numbers without a copy, runs nothing meanwhile, and then writes over them', async () => {
    const graph = stepOf();
    const { executable, runner } = await opened(graph, initialise(graph.params, 3));
    await executable.run(feeds(0));
    let running: Promise<unknown> | undefined;
    let released = 0;
    const lent = await executable.withParams!(async (params) => {
      const count = runner.released.length;
      running = executable.run(feeds(1));
      await new Promise((resolve) => setTimeout(resolve));
      released = runner.released.length - count;
      return params;
    });
    expect(released).toBe(0);
    const before = copied(lent);
    await running;
    const after = await executable.withParams!(async (params) => params);
    for (const name of updatedIn(graph)) expect(after[name]!.data, name).toBe(lent[name]!.data);
    expect(copied(lent)).not.toEqual(before);
    // What was read stays: the next numbers take memory of their own.
    const read = await executable.readParams();
    const asRead = copied(read);
    await executable.run(feeds(2));
    expect(copied(read)).toEqual(asRead);
  });
});

describe('parameters that the caller gave away', () => {
  const graph = stepOf();
  const names = updatedIn(graph);
  const openedWith = (start: Tensors, transferParams: readonly string[]) => {
    const runner = watchedRunner();
    const released: Tensor[] = [];
    const release = (result: Tensor): void => {
      released.push(result);
      if (runner.held.has(result)) runner.release(result);
    };
    return updatesInParts({ ...runner, release, transferParams }, graph, start, cutOf(graph)).then(
      (executable) => ({ executable, released }),
    );
  };

  it('are written over by the first step, and freed at the end', async () => {
    const start = initialise(graph.params, 3);
    const reference = await opened(graph, initialise(graph.params, 3));
    const { executable, released } = await openedWith(start, names);
    for (let step = 0; step < 2; step++) {
      expect(await executable.run(feeds(step))).toEqual(await reference.executable.run(feeds(step)));
    }
    const after = await executable.withParams!(async (params) => params);
    for (const name of names) expect(after[name]!.data, name).toBe(start[name]!.data);
    expect(await executable.readParams()).toEqual(await reference.executable.readParams());
    const other = await openedWith(initialise(graph.params, 3), names);
    await other.executable.dispose();
    expect(other.released.length).toBe(names.length);
    expect(released.length).toBeGreaterThan(0);
  });

  it('stay as they are where they share memory with others, or were not given away', async () => {
    const start = initialise(graph.params, 3);
    const kept = 'in.weight';
    // Two views of one buffer, as of a file that was read whole.
    const [a, b] = ['out.weight', 'ema.out.weight'].map((name) => start[name]!);
    const whole = new Float32Array(a!.data.length + b!.data.length);
    whole.set(a!.data);
    whole.set(b!.data, a!.data.length);
    const shared: Tensors = {
      ...start,
      'out.weight': tensor(whole.subarray(0, a!.data.length), a!.shape),
      'ema.out.weight': tensor(whole.subarray(a!.data.length), b!.shape),
    };
    const before = copied(shared);
    const { executable } = await openedWith(
      shared,
      names.filter((name) => name !== kept),
    );
    await executable.run(feeds(0));
    for (const name of [kept, 'out.weight', 'ema.out.weight'])
      expect(shared[name]!.data.slice(), name).toEqual(before[name]);
    expect(shared['optimiser.in.weight.mean']!.data.slice()).not.toEqual(before['optimiser.in.weight.mean']);
    await executable.dispose();
    expect(shared[kept]!.data.slice()).toEqual(before[kept]);
  });
});

describe('a step that fails', () => {
  const graph = stepOf();

  it('before its first update leaves the parameters as they were', async () => {
    let fails = false;
    const { executable } = await opened(graph, initialise(graph.params, 3), () => {
      if (fails) throw new Error('no memory');
    });
    await executable.run(feeds(0));
    const before = await executable.readParams();
    fails = true;
    await expect(executable.run(feeds(1))).rejects.toThrow('no memory');
    expect(await executable.readParams()).toEqual(before);
    fails = false;
    await executable.run(feeds(1));
  });

  it('in a later part gives no half-updated parameters', async () => {
    const { executable } = await opened(graph, initialise(graph.params, 3), ({ outputs }) => {
      if (Object.hasOwn(outputs, 'out.weight')) throw new Error('no memory');
    });
    await expect(executable.run(feeds(0))).rejects.toThrow('no memory');
    await expect(executable.run(feeds(0))).rejects.toThrow(
      /run: a step failed while parameters were updated/,
    );
    await expect(executable.readParams()).rejects.toThrow(/compile again with those saved last/);
    await expect(executable.withParams!(async () => 0)).rejects.toThrow(/withParams: a step failed/);
    await executable.dispose();
  });

  it('to compile disposes of what was compiled', async () => {
    let open = 0;
    const compile = async (part: Graph, params: Tensors): Promise<Executable> => {
      if (Object.hasOwn(part.outputs, 'out.weight')) throw new Error('no memory');
      open++;
      const executable = await referenceBackend().compile(part, params);
      return { ...executable, dispose: async () => void open-- };
    };
    const runner = { compile, release: () => undefined };
    const begun = updatesInParts(runner, graph, initialise(graph.params, 3), cutOf(graph));
    await expect(begun).rejects.toThrow('no memory');
    expect(open).toBe(0);
  });
});

describe('a graph is left whole', () => {
  const w = parameter('w', [32]);
  const other = parameter('other', [32]);
  const wide = input('wide', [64, 32]);
  const product = multiply(wide, w);
  const graphs: Record<string, Graph> = {
    'without updates': { inputs: {}, params: { w }, outputs: { w } },
    'with one parameter that is updated': {
      inputs: {},
      params: { w },
      outputs: {},
      updates: { w: add(w, 1) },
    },
    'whose updates read more than they update': {
      inputs: { wide },
      params: { w, other },
      outputs: { loss: sum(product) },
      updates: { w: sum(multiply(product, 2), [0]), other: add(other, 1) },
    },
    'that does not hold a parameter': {
      inputs: {},
      params: { w },
      outputs: { loss: sum(other) },
      updates: { w: add(w, other) },
    },
    'with an update of a parameter that it lacks': {
      inputs: {},
      params: { w },
      outputs: {},
      updates: { w: add(w, 1), other: add(w, 2) },
    },
  };
  it.each(Object.entries(graphs))('%s', (_, graph) => {
    expect(cutUpdates(graph, 1)).toBeUndefined();
  });
});
