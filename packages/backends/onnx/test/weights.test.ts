// Parameters that lie in a file are read by the runtime itself, and give the same numbers.

import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import {
  add,
  type Graph,
  input,
  matmul,
  parameter,
  slice,
  type Tensor,
  tensor,
  transpose,
} from '@spatiallock/core';
import type { StoredHalves } from '@spatiallock/core/graph';
import { bfloat16ToFloat32, float16ToFloat32, float32ToFloat16 } from '@spatiallock/core/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../src/build.js';
import { ModelProtoSchema } from '../src/gen/onnx_pb.js';
import { constantParameters } from '../src/weights.js';
import { backend, noise, worst } from './support.js';

const [weight, bias, x] = [noise([64, 32], 1), noise([32], 2), noise([4, 64], 3)];
const values = { w: parameter('w', [64, 32]), b: parameter('b', [32]), x: input('x', [4, 64]) };
const graph = {
  inputs: { x: values.x },
  params: { w: values.w, b: values.b },
  outputs: { y: add(matmul(values.x, values.w), values.b) },
};
/** As in a safetensors file: a header of odd length, then the numbers. */
const HEADER = 61;

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weights-'));
  path = join(folder, 'model.safetensors');
  const { buffer, byteOffset, byteLength } = weight.data;
  await writeFile(
    path,
    Buffer.concat([Buffer.alloc(HEADER, 0x20), new Uint8Array(buffer, byteOffset, byteLength)]),
  );
});
afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

/** A tensor whose numbers must not be asked for. */
const inFile = (file: string, offset = HEADER, length = weight.data.byteLength): Tensor => ({
  dtype: 'float32',
  shape: [64, 32],
  place: { path: file, offset, length },
  get data(): Float32Array {
    throw new Error('the numbers went through memory');
  },
});

async function expected(): Promise<Float32Array> {
  const compiled = await backend.compile(graph, { w: weight, b: bias });
  return (await compiled.run({ x })).y!.data as Float32Array;
}

it('computes with parameters that lie in a file, beside others in memory', async () => {
  const compiled = await backend.compile(graph, { w: inFile(path), b: bias });
  const { y } = await compiled.run({ x });
  expect(worst(y!.data, await expected())).toBe(0);
});

it('reads files of one folder there, and others through memory', async () => {
  const elsewhere = { ...bias, place: { path: '/nowhere/small.safetensors', offset: 0, length: 128 } };
  const compiled = await backend.compile(graph, { w: inFile(path), b: elsewhere });
  expect(worst((await compiled.run({ x })).y!.data, await expected())).toBe(0);
});

const other = parameter('v', [64, 32]);
const sum = {
  inputs: { x: values.x },
  params: { w: values.w, v: other },
  outputs: { y: matmul(values.x, add(values.w, other)) },
};

async function sumOf(w: Tensor, v: Tensor): Promise<Float32Array> {
  const compiled = await backend.compile(sum, { w, v });
  return (await compiled.run({ x })).y!.data as Float32Array;
}

it('reads a file there where another large parameter lies in memory', async () => {
  const v = noise([64, 32], 5);
  expect(worst(await sumOf(inFile(path), v), await sumOf(weight, v))).toBe(0);
});

it.each([
  [join('a', 'one'), join('a', 'two')],
  ['one', join('two', 'deeper')],
])('reads files of several folders there: %s and %s', async (first, second) => {
  const paths = [first, second].map((part) => join(folder, part, 'w.safetensors'));
  for (const each of paths) {
    await mkdir(dirname(each), { recursive: true });
    await copyFile(path, each);
  }
  const [w, v] = paths.map((each) => inFile(each));
  expect(worst(await sumOf(w!, v!), await sumOf(weight, weight))).toBe(0);
});

it('reads files that have nothing but the root in common', async () => {
  const temporary = await mkdtemp(join(process.cwd(), 'node_modules', '.weights-'));
  try {
    const far = join(temporary, 'far.safetensors');
    await copyFile(path, far);
    expect(worst(await sumOf(inFile(path), inFile(far)), await sumOf(weight, weight))).toBe(0);
  } finally {
    await rm(temporary, { recursive: true });
  }
});

describe.each(['float16', 'bfloat16'] as const)('parameters kept as %s', (dtype) => {
  const bits =
    dtype === 'float16'
      ? float32ToFloat16(weight.data as Float32Array)
      : Uint16Array.from(
          new Uint32Array(weight.data.buffer, weight.data.byteOffset, 64 * 32),
          (word) => word >>> 16,
        );
  const widened = tensor(dtype === 'float16' ? float16ToFloat32(bits) : bfloat16ToFloat32(bits), [64, 32]);
  const kept = (stored: StoredHalves): Tensor => ({
    dtype: 'float32',
    shape: [64, 32],
    stored,
    get data(): Float32Array {
      throw new Error('the numbers were widened in memory');
    },
  });

  async function run(w: Tensor): Promise<Float32Array> {
    const compiled = await backend.compile(graph, { w, b: bias });
    return (await compiled.run({ x })).y!.data as Float32Array;
  }

  it('give the numbers of the widened ones from memory', async () => {
    expect(worst(await run(kept({ dtype, data: bits })), await run(widened))).toBe(0);
  });

  it('are moved before they are widened, which leaves no float32 copies behind', async () => {
    const [weight, moved] = [parameter('w', [64, 32]), input('x', [4, 32])];
    const halved = slice(transpose(weight, [1, 0]), [0, 8], [32, 24]);
    const graph: Graph = {
      inputs: { x: moved },
      params: { w: weight },
      outputs: { y: matmul(moved, halved) },
    };
    const { bytes } = buildModel(graph, constantParameters({ w: kept({ dtype, data: bits }) }, undefined));
    const { node } = fromBinary(ModelProtoSchema, bytes).graph!;
    expect(node.map(({ opType }) => opType)).toEqual(['Transpose', 'Slice', 'Cast', 'MatMul', 'Identity']);
    const feeds = { x: noise([4, 32], 4) };
    const [narrow, wide] = await Promise.all(
      [kept({ dtype, data: bits }), widened].map(async (w) =>
        (await backend.compile(graph, { w })).run(feeds),
      ),
    );
    expect(worst(narrow!.y!.data, wide!.y!.data)).toBe(0);
  });

  it('stay in their file', async () => {
    const path = join(folder, `${dtype}.safetensors`);
    await writeFile(path, Buffer.concat([Buffer.alloc(HEADER), new Uint8Array(bits.buffer)]));
    const stored: StoredHalves = {
      dtype,
      place: { path, offset: HEADER, length: bits.byteLength },
      get data(): Uint16Array {
        throw new Error('the bits went through memory');
      },
    };
    expect(worst(await run(kept(stored)), await run(widened))).toBe(0);
  });

  it('are refused where they do not fill the shape', async () => {
    const short = kept({ dtype, data: bits.subarray(0, 64) });
    await expect(backend.compile(graph, { w: short, b: bias })).rejects.toThrow(
      'params.w: 64 numbers do not fill float32[64, 32]',
    );
  });
});

it('names a parameter whose place does not fit its shape', async () => {
  const short = inFile(path, HEADER, 64);
  await expect(backend.compile(graph, { w: short, b: bias })).rejects.toThrow(
    'params.w: 16 numbers do not fill float32[64, 32]',
  );
});

it('says which file is missing', async () => {
  const gone = inFile(join(folder, 'gone.safetensors'));
  await expect(backend.compile(graph, { w: gone, b: bias })).rejects.toThrow('gone.safetensors');
});

it('feeds a training graph from memory', async () => {
  const { w } = values;
  const training = { ...graph, updates: { w: add(w, 1) } };
  const onDisk: Tensor = { ...weight, place: { path, offset: HEADER, length: weight.data.byteLength } };
  const compiled = await backend.compile(training, { w: onDisk, b: bias });
  await compiled.run({ x });
  const { w: moved } = await compiled.readParams();
  expect(moved!.data[3]).toBeCloseTo(weight.data[3]! + 1, 5);
  expect(tensor(moved!.data, [64, 32]).place).toBeUndefined();
});
