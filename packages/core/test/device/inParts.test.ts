// A network cut into parts gives what the whole gives, and holds no more than it may.

import { fixtureSource } from '@spatiallock/fixtures';
import { describe, expect, it } from 'vitest';
import { cutGraph } from '../../src/device/cutGraph.js';
import { inParts, referenceBackend } from '../../src/entries/backend.js';
import { readComponentConfig, readWeights } from '../../src/entries/io.js';
import { parseUNet2dConditionConfig } from '../../src/entries/models.js';
import { unetGraph } from '../../src/entries/pipeline.js';
import {
  add,
  type Backend,
  type Graph,
  input,
  matmul,
  multiply,
  parameter,
  scalar,
  sizeOf,
  type Tensors,
  tensor,
} from '../../src/index.js';

const numbersOf = (values: Readonly<Record<string, { readonly shape: readonly number[] }>>): number =>
  Object.values(values).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Notes the bytes of parameters that are compiled at the same time. */
function watched(backend: Backend = referenceBackend()) {
  const held = { now: 0, most: 0, compiled: 0 };
  const watching: Backend = {
    ...backend,
    async compile(graph, params, options) {
      const executable = await backend.compile(graph, params, options);
      const bytes = 4 * numbersOf(graph.params);
      held.now += bytes;
      held.most = Math.max(held.most, held.now);
      held.compiled++;
      return {
        ...executable,
        async dispose() {
          held.now -= bytes;
          await executable.dispose();
        },
      };
    },
  };
  return { backend: watching, held };
}

/** y = x w0 w1 ... w(n - 1) + x, each weight of 64 bytes. */
function chain(length: number) {
  const x = input('x', [1, 4]);
  const names = Array.from({ length }, (_, i) => `w${i}`);
  const params = Object.fromEntries(names.map((name) => [name, parameter(name, [4, 4])]));
  const y = names.reduce((value, name) => matmul(value, params[name]!), x);
  const graph: Graph = { inputs: { x }, params, outputs: { y: add(y, x), twice: multiply(y, scalar(2)) } };
  const given: Tensors = Object.fromEntries(
    names.map((name, i) => [
      name,
      tensor(
        Float32Array.from({ length: 16 }, (_, k) => Math.sin(i * 16 + k)),
        [4, 4],
      ),
    ]),
  );
  return { graph, given, inputs: { x: tensor([1, 2, 3, 4], [1, 4]) } };
}

const computed = async (
  backend: Backend,
  graph: Graph,
  params: Tensors,
  inputs: Tensors,
): Promise<Tensors> => {
  const executable = await backend.compile(graph, params);
  const outputs = await executable.run(inputs);
  await executable.dispose();
  return outputs;
};

describe('inParts', () => {
  it('computes what the whole graph computes, holding one part at a time', async () => {
    const { graph, given, inputs } = chain(10);
    const { backend, held } = watched();
    const parted = inParts(backend, { partBytes: 3 * 64, residentBytes: 0 });
    const executable = await parted.compile(graph, given);
    const outputs = await executable.run(inputs);
    expect(outputs).toEqual(await computed(referenceBackend(), graph, given, inputs));
    expect(held.most).toBeLessThanOrEqual(3 * 64);
    expect(held.compiled).toBeGreaterThanOrEqual(4);
    await Promise.all([executable.run(inputs), executable.run(inputs)]);
    expect(held.most).toBeLessThanOrEqual(3 * 64);
    expect(held.now).toBe(0);
    await executable.dispose();
    await expect(executable.run(inputs)).rejects.toThrow('run: this executable was disposed of');
  });

  it('keeps parts compiled as far as memory allows, and gives them back', async () => {
    const { graph, given, inputs } = chain(8);
    const { backend, held } = watched();
    const parted = inParts(backend, { partBytes: 2 * 64, residentBytes: 4 * 64 });
    const executable = await parted.compile(graph, given);
    await executable.run(inputs);
    const first = held.compiled;
    expect(held.now).toBe(4 * 64);
    await executable.run(inputs);
    expect(held.compiled - first).toBe(first - 2);
    await executable.dispose();
    expect(held.now).toBe(0);
    // What was given back may be taken again.
    const again = await parted.compile(graph, given);
    await again.run(inputs);
    expect(held.now).toBe(4 * 64);
    await again.dispose();
  });

  it('compiles what fits, and what trains, as it is', async () => {
    const { graph, given, inputs } = chain(3);
    const { backend, held } = watched();
    expect(await computed(inParts(backend, { partBytes: 4 * 64 }), graph, given, inputs)).toEqual(
      await computed(referenceBackend(), graph, given, inputs),
    );
    expect(held.compiled).toBe(1);
    const trained = { ...graph, updates: { w0: multiply(graph.params.w0!, scalar(0.5)) } };
    const executable = await inParts(backend, { partBytes: 64 }).compile(trained, given);
    await executable.run(inputs);
    expect((await executable.readParams()).w0!.data[1]).toBeCloseTo(Math.sin(1) / 2, 6);
    expect(held.compiled).toBe(2);
  });

  it('passes inputs, parameters and constants through that are outputs themselves', async () => {
    const { graph, given, inputs } = chain(4);
    const outputs = { ...graph.outputs, same: graph.inputs.x!, weight: graph.params.w1!, seven: scalar(7) };
    const parted = inParts(referenceBackend(), { partBytes: 64 });
    const found = await computed(parted, { ...graph, outputs }, given, inputs);
    expect([...found.same!.data]).toEqual([1, 2, 3, 4]);
    expect(found.weight!.data).toEqual(given.w1!.data);
    expect([...found.seven!.data]).toEqual([7]);
  });

  it('refuses limits that are none, and inputs that are missing', async () => {
    expect(() => inParts(referenceBackend(), { partBytes: 0 })).toThrow('inParts.partBytes');
    const { graph, given } = chain(4);
    const executable = await inParts(referenceBackend(), { partBytes: 64 }).compile(graph, given);
    await expect(executable.run({})).rejects.toThrow('inputs.x: missing');
    await expect(inParts(referenceBackend(), { partBytes: 64 }).compile(graph, {})).rejects.toThrow(
      'params.w0: missing',
    );
  });

  it('cuts a U-Net where few numbers go over, and every parameter once', async () => {
    const files = fixtureSource('diffusers-sd1/');
    const config = parseUNet2dConditionConfig(await readComponentConfig(files, 'unet'));
    const params = await readWeights(files, 'unet', { float32: true });
    const sizes = { batch: 1, objects: 0, height: 8, width: 8, tokens: 16 };
    const graph = unetGraph(config, [], sizes, (name) => Object.hasOwn(params, name));
    const bytes = 4 * numbersOf(graph.params);
    const limit = Math.ceil(bytes / 4);
    const { parts } = cutGraph(graph, limit);
    expect(parts.length).toBeGreaterThanOrEqual(4);
    expect(parts.length).toBeLessThanOrEqual(8);
    for (const part of parts) expect(part.bytes).toBeLessThanOrEqual(limit);
    const names = parts.flatMap(({ graph: { params: own } }) => Object.keys(own));
    expect(names.toSorted()).toEqual(Object.keys(graph.params).toSorted());
    const over = parts.map(({ graph: { inputs } }) => numbersOf(inputs));
    expect(Math.max(...over)).toBeLessThan(numbersOf(params) / 4);

    const given: Tensors = Object.fromEntries(
      Object.entries(graph.inputs).map(([name, { shape, dtype }]) => [
        name,
        tensor(
          Array.from({ length: sizeOf(shape) }, (_, i) => (dtype === 'float32' ? Math.sin(i) : 1)),
          shape,
          dtype,
        ),
      ]),
    );
    const whole = await computed(referenceBackend(), graph, params, given);
    const parted = await computed(inParts(referenceBackend(), { partBytes: limit }), graph, params, given);
    expect(parted).toEqual(whole);
  });
});
