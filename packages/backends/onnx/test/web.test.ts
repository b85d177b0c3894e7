// The browser's half, as far as Node can tell; scripts/browser/test runs the suite on it in Chromium.

import { fromBinary } from '@bufbuild/protobuf';
import { attention, cast, input, power, tensor, type Value } from '@spatiallock/core';
import { float16ToFloat32, float32ToFloat16 } from '@spatiallock/core/io';
import { build } from 'esbuild';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../src/build.js';
import { ModelProtoSchema } from '../src/gen/onnx_pb.js';
import { compileGraph, type Runtime } from '../src/index.js';
import { wasm, webgpu } from '../src/web.js';
import { constantParameters } from '../src/weights.js';
import { evaluate, noise, worst } from './support.js';

const x = input('x', [1]);
const graph = { inputs: { x }, params: {}, outputs: { x } };

describe('factories', () => {
  it('refuse a number of threads that is none', () => {
    expect(() => wasm({ threads: 0 })).toThrow('wasm: threads (0) must be a whole number in 1..1024');
  });

  it('say that WebGPU is missing where it is, and what to try', async () => {
    await expect(webgpu().compile(graph, {})).rejects.toMatchObject({
      device: 'onnx-webgpu',
      reason: 'unavailable',
      advice: expect.stringMatching(/WebAssembly/),
    });
  });
});

describe('bundles for browsers', () => {
  const src = new URL('../src/', import.meta.url).pathname;
  it.each([
    ['index.ts', []],
    ['web.ts', ['onnxruntime-web/wasm', 'onnxruntime-web/webgpu']],
  ])('%s takes nothing of Node along, and runtimes only when asked', async (entry, runtimes) => {
    const { metafile } = await build({
      entryPoints: [src + entry],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'browser',
      external: ['onnxruntime-web/*'],
      conditions: ['@spatiallock/source'],
    });
    const [output] = Object.values(metafile.outputs);
    const imports = output!.imports.map(({ path, kind }) => `${kind} ${path}`);
    expect(imports.sort()).toEqual(runtimes.map((path) => `dynamic-import ${path}`));
  });
});

describe('what WebGPU lacks', () => {
  const runtime: Runtime = {
    ort,
    sessionOptions: { executionProviders: ['cpu'], graphOptimizationLevel: 'all' },
    target: { lacks: ['float16', 'broadcast Pow'] },
  };

  it('rounds to halves by arithmetic as IEEE does, to even, down to the smallest and up to infinity', async () => {
    const halves = float16ToFloat32(Uint16Array.from({ length: 0x7c00 }, (_, bits) => bits));
    const between = Float32Array.from(halves, (h, i) => (h + (halves[i + 1] ?? 65536)) / 2);
    const numbers = Float32Array.from(
      [halves, between].flatMap((some) =>
        [...some].flatMap((n) => [n, n * (1 + 2 ** -22), n * (1 - 2 ** -22)]),
      ),
    );
    const given = Float32Array.from([
      ...numbers,
      ...numbers.map((n) => -n),
      1e9,
      -1e9,
      Number.POSITIVE_INFINITY,
    ]);
    const wide = input('x', [given.length]);
    const y = cast(cast(wide, 'float16'), 'float32');
    const executable = await compileGraph(runtime, { inputs: { x: wide }, params: {}, outputs: { y } }, {});
    const found = (await executable.run({ x: tensor(given, [given.length]) })).y!.data;
    const expected = float16ToFloat32(float32ToFloat16(given));
    expect(found.findIndex((n, i) => n !== expected[i])).toBe(-1);
    await executable.dispose();
  });

  it('spreads operands of powers before they meet', async () => {
    const [base, exponent] = [input('base', [2, 1]), input('exponent', [2])];
    const y = power(base, exponent);
    const executable = await compileGraph(
      runtime,
      { inputs: { base, exponent }, params: {}, outputs: { y } },
      {},
    );
    const found = await executable.run({ base: tensor([2, 3], [2, 1]), exponent: tensor([1, 2], [2]) });
    expect([...found.y!.data]).toEqual([2, 4, 3, 9]);
    await executable.dispose();
  });
});

describe('what WebAssembly lacks', () => {
  it('is attention in tiles: scores of more than 32 MiB are computed a block of queries at a time', async () => {
    // Two images, four heads: a row of scores is 32 KiB, and there is room for 1,024 rows.
    const shapes = { q: [2, 4, 1100, 4], k: [2, 4, 1024, 4], v: [2, 4, 1024, 4] } as const;
    const [q, k, v] = [input('q', shapes.q), input('k', shapes.k), input('v', shapes.v)];
    const large = { inputs: { q, k, v }, params: {}, outputs: { y: attention(q, k, v) } };
    const target = { lacks: ['tiled attention'] } as const;
    const { bytes } = buildModel(large, constantParameters({}, undefined), target);
    const nodes = fromBinary(ModelProtoSchema, bytes).graph!.node;
    expect(nodes.filter(({ opType }) => opType === 'MultiHeadAttention')).toHaveLength(2);

    const inputs = { q: noise(shapes.q, 1), k: noise(shapes.k, 2), v: noise(shapes.v, 3) };
    const sessionOptions = { executionProviders: ['cpu'] };
    const executable = await compileGraph({ ort, sessionOptions, target }, large, {});
    const found = await executable.run(inputs);
    await executable.dispose();
    const expected = await evaluate(inputs, (values) => ({ y: attention(values.q!, values.k!, values.v!) }));
    expect(worst(found.y!.data, expected.y!.data)).toBeLessThan(1e-6);
  });

  it('is a count of products beyond 31 bits: wide heads over many keys are computed in blocks, too', async () => {
    const shape = [1, 1, 1024, 1024];
    const inputs = { q: noise(shape, 1), k: noise(shape, 2), v: noise(shape, 3) };
    const build = (values: Record<string, Value>) => ({
      y: attention(values.q!, values.k!, values.v!),
    });
    const values = Object.fromEntries(Object.keys(inputs).map((name) => [name, input(name, shape)]));
    const backend = wasm({ threads: 1 });
    const executable = await backend.compile({ inputs: values, params: {}, outputs: build(values) }, {});
    const found = await executable.run(inputs);
    await backend.dispose();
    expect(worst(found.y!.data, (await evaluate(inputs, build)).y!.data)).toBeLessThan(1e-5);
  });
});
