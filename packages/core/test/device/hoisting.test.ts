// What several calls have in common is computed once, and gives what the whole graph gives.

import { describe, expect, it } from 'vitest';
import { hoistGraph } from '../../src/device/hoistGraph.js';
import { hoisting } from '../../src/device/hoisting.js';
import { referenceBackend } from '../../src/entries/backend.js';
import {
  add,
  type Backend,
  broadcastTo,
  cast,
  constant,
  type Graph,
  input,
  matmul,
  multiply,
  parameter,
  relu,
  reshape,
  scalar,
  type Tensors,
  tensor,
} from '../../src/index.js';

const numbers = (count: number, seed = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed * 7 + i));

/** y = x w + text v, z = text v: the text's product is half of the operations. */
function graphOfBoth() {
  const inputs = { x: input('x', [3, 4]), text: input('text', [3, 4]) };
  const params = { w: parameter('w', [4, 4]), v: parameter('v', [4, 4]) };
  const words = matmul(inputs.text, params.v);
  const graph: Graph = {
    inputs,
    params,
    outputs: { y: add(matmul(inputs.x, params.w), words), z: multiply(words, scalar(2)) },
  };
  const given: Tensors = { w: tensor(numbers(16, 2), [4, 4]), v: tensor(numbers(16, 3), [4, 4]) };
  return { graph, params: given };
}

const feeds = (x: number, text: number) => ({
  x: tensor(numbers(12, x), [3, 4]),
  text: tensor(numbers(12, text), [3, 4]),
});

/** Counts the graphs that are compiled, and the runs of each by its outputs. */
function counted() {
  const backend = referenceBackend();
  const runs: string[] = [];
  const compiled: string[] = [];
  const disposed: string[] = [];
  let fault: Error | undefined;
  const counting: Backend = {
    ...backend,
    async compile(graph, params, options) {
      const name = Object.keys(graph.outputs).join();
      compiled.push(`${name} of ${Object.keys(graph.inputs).sort().join()}`);
      const executable = await backend.compile(graph, params, options);
      return {
        ...executable,
        async run(inputs) {
          runs.push(name);
          if (fault) throw fault;
          return executable.run(inputs);
        },
        async dispose() {
          disposed.push(name);
          await executable.dispose();
        },
      };
    },
  };
  return { counting, runs, compiled, disposed, fail: (with_?: Error) => (fault = with_) };
}

async function compiledBoth() {
  const { graph, params } = graphOfBoth();
  const log = counted();
  const hoisted = await hoisting(log.counting, ['x']).compile(graph, params);
  const whole = await referenceBackend().compile(graph, params);
  return { ...log, hoisted, whole };
}

describe('hoisting', () => {
  it('computes what no varying input reaches once, and again where its numbers changed', async () => {
    const { hoisted, whole, runs, compiled } = await compiledBoth();
    expect(compiled).toEqual(['once.0,once.1 of text', 'y,z of once.0,once.1,x']);
    for (const [x, text] of [
      [1, 1],
      [2, 1],
      [3, 1],
      [3, 2],
      [3, 1],
    ] as const) {
      expect(await hoisted.run(feeds(x, text))).toEqual(await whole.run(feeds(x, text)));
    }
    expect(runs.map((name) => (name === 'y,z' ? 'call' : 'once'))).toEqual([
      'once',
      'call',
      'call',
      'call',
      'once',
      'call',
      'once',
      'call',
    ]);
  });

  it('notices numbers that were written into the same memory', async () => {
    const { hoisted, whole } = await compiledBoth();
    const given = feeds(1, 1);
    await hoisted.run(given);
    (given.text.data as Float32Array)[5] = 42;
    expect(await hoisted.run(given)).toEqual(await whole.run(given));
  });

  it('serves calls that overlap, each by its own numbers', async () => {
    const { hoisted, whole } = await compiledBoth();
    const calls = [feeds(1, 1), feeds(2, 5), feeds(3, 1), feeds(4, 5)];
    const results = await Promise.all(calls.map((each) => hoisted.run(each)));
    expect(results).toEqual(await Promise.all(calls.map((each) => whole.run(each))));
  });

  it('asks again after a call that failed', async () => {
    const { hoisted, whole, fail } = await compiledBoth();
    fail(new Error('the device is busy'));
    await expect(hoisted.run(feeds(1, 1))).rejects.toThrow('the device is busy');
    fail(undefined);
    expect(await hoisted.run(feeds(1, 1))).toEqual(await whole.run(feeds(1, 1)));
  });

  it('asks again after numbers that are none, as a device gives that is being lost', async () => {
    const { graph, params } = graphOfBoth();
    const backend = referenceBackend();
    let broken = true;
    const flickering: Backend = {
      ...backend,
      async compile(part, ...rest) {
        const executable = await backend.compile(part, ...rest);
        const run = async (inputs: Tensors): Promise<Tensors> => {
          const outputs = await executable.run(inputs);
          if (broken) for (const { data } of Object.values(outputs)) data.fill(Number.NaN);
          return outputs;
        };
        return { ...executable, run };
      },
    };
    const hoisted = await hoisting(flickering, ['x']).compile(graph, params);
    expect((await hoisted.run(feeds(1, 1))).y!.data[0]).toBeNaN();
    broken = false;
    const whole = await backend.compile(graph, params);
    expect(await hoisted.run(feeds(1, 1))).toEqual(await whole.run(feeds(1, 1)));
  });

  it('names inputs that are missing or of another shape as the whole graph does', async () => {
    const { hoisted } = await compiledBoth();
    const { x, text } = feeds(1, 1);
    await expect(hoisted.run({ x })).rejects.toThrow('inputs.text: missing; give float32[3, 4]');
    await expect(hoisted.run({ x: tensor([1], [1]), text })).rejects.toThrow(
      'inputs.x: is float32[1] but must be float32[3, 4]',
    );
  });

  it('names parameters that are missing before anything is compiled', async () => {
    const { graph, params } = graphOfBoth();
    const { counting, compiled } = counted();
    const { w } = params;
    await expect(hoisting(counting, ['x']).compile(graph, { w: w! })).rejects.toThrow('params.v: missing');
    expect(compiled).toEqual([]);
  });

  it('gives both graphs back, also where the second cannot be compiled', async () => {
    const { hoisted, disposed } = await compiledBoth();
    await hoisted.dispose();
    expect(disposed.sort()).toEqual(['once.0,once.1', 'y,z']);

    const { graph, params } = graphOfBoth();
    const log = counted();
    const failing: Backend = {
      ...log.counting,
      compile: (part, ...rest) =>
        'y' in part.outputs ? Promise.reject(new Error('no memory')) : log.counting.compile(part, ...rest),
    };
    await expect(hoisting(failing, ['x']).compile(graph, params)).rejects.toThrow('no memory');
    expect(log.disposed).toEqual(['once.0,once.1']);
  });

  it('says why the second graph cannot be compiled, also on a device that can free nothing', async () => {
    const { graph, params } = graphOfBoth();
    const backend = referenceBackend();
    const lost: Backend = {
      ...backend,
      compile: async (part, ...rest) => {
        if ('y' in part.outputs) throw new Error('no memory');
        const dispose = () => Promise.reject(new Error('the device was lost'));
        return { ...(await backend.compile(part, ...rest)), dispose };
      },
    };
    await expect(hoisting(lost, ['x']).compile(graph, params)).rejects.toThrow('no memory');
  });

  it('gives all parameters back', async () => {
    const { hoisted } = await compiledBoth();
    expect(Object.keys(await hoisted.readParams())).toEqual(['w', 'v']);
  });

  it('leaves graphs that train, or have little in common, as they are', async () => {
    const { graph, params } = graphOfBoth();
    const { counting, compiled } = counted();
    const backend = hoisting(counting, ['x']);
    await backend.compile({ ...graph, updates: { w: graph.params.w! } }, params);
    await hoisting(counting, ['x', 'text']).compile(graph, params);
    expect(compiled).toEqual(['y,z of text,x', 'y,z of text,x']);
  });

  it('keeps the name and the precision of its backend', () => {
    const backend = hoisting({ ...referenceBackend(), name: 'card', precision: 'half' }, []);
    expect([backend.name, backend.precision]).toEqual(['card', 'half']);
  });
});

describe('hoistGraph', () => {
  it('takes nothing out where less than a twentieth of the operations depends on lasting inputs alone', () => {
    const graphWith = (rows: number) => {
      const inputs = { x: input('x', [rows, 4]), text: input('text', [1, 4]) };
      const w = parameter('w', [4, 4]);
      const y = add(matmul(inputs.x, w), matmul(inputs.text, w));
      return hoistGraph({ inputs, params: { w }, outputs: { y } }, new Set(['x']));
    };
    expect(graphWith(19)).toBeDefined();
    expect(graphWith(20)).toBeUndefined();
  });

  it('hands over numbers before they are reshaped or repeated', () => {
    const inputs = { x: input('x', [8, 4]), text: input('text', [1, 4]) };
    const w = parameter('w', [4, 4]);
    const row = broadcastTo(reshape(relu(matmul(inputs.text, w)), [1, 1, 4]), [2, 4, 4]);
    const y = add(reshape(inputs.x, [2, 4, 4]), row);
    const hoisted = hoistGraph({ inputs, params: { w }, outputs: { y } }, new Set(['x']))!;
    expect(hoisted.once.outputs['once.0']!.shape).toEqual([1, 4]);
    expect(Object.keys(hoisted.once.inputs)).toEqual(['text']);
    expect(Object.keys(hoisted.call.params)).toEqual([]);
  });

  it('leaves weights that a strength changes to the graph that reads them', () => {
    const inputs = { x: input('x', [3, 4]), text: input('text', [3, 4]), strength: input('strength', []) };
    const params = {
      w: parameter('w', [4, 4]),
      down: parameter('down', [2, 4]),
      up: parameter('up', [4, 2]),
    };
    const weights = add(params.w, multiply(matmul(params.up, params.down), inputs.strength));
    const y = add(matmul(inputs.x, weights), matmul(inputs.text, weights));
    const hoisted = hoistGraph({ inputs, params, outputs: { y } }, new Set(['x']))!;
    expect(Object.values(hoisted.once.outputs).map(({ shape }) => shape)).toEqual([[3, 4]]);
    expect(Object.keys(hoisted.call.inputs).sort()).toEqual(['once.0', 'strength', 'x']);
    expect(Object.keys(hoisted.call.params).sort()).toEqual(['down', 'up', 'w']);
  });

  it('takes nothing out of graphs without products, or where nothing but halves could be handed over', () => {
    const inputs = { x: input('x', [3, 4]), text: input('text', [3, 4]) };
    const varying = new Set(['x']);
    const sum = add(inputs.x, relu(inputs.text));
    expect(hoistGraph({ inputs, params: {}, outputs: { sum } }, varying)).toBeUndefined();
    const w = parameter('w', [4, 4]);
    const halves = matmul(cast(inputs.text, 'float16'), cast(w, 'float16'));
    const y = add(inputs.x, cast(halves, 'float32'));
    expect(hoistGraph({ inputs, params: { w }, outputs: { y } }, varying)).toBeUndefined();
  });

  it('keeps what depends on parameters alone in the graph that reads it, and names nothing twice', () => {
    const inputs = { x: input('x', [4, 4]), 'once.0': input('once.0', [4, 4]) };
    const w = parameter('w', [4, 4]);
    const scaled = multiply(w, constant(tensor(numbers(16), [4, 4])));
    const y = add(matmul(inputs.x, scaled), matmul(inputs['once.0'], scaled));
    const hoisted = hoistGraph({ inputs, params: { w }, outputs: { y } }, new Set(['x']))!;
    expect(Object.keys(hoisted.call.inputs)).toEqual(['x', 'once.0_']);
    expect(Object.keys(hoisted.call.params)).toEqual(['w']);
    expect(Object.keys(hoisted.once.params)).toEqual(['w']);
  });
});
