// Parameters that lie in a file are read by the runtime itself, and give the same numbers.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { add, input, matmul, parameter, type Tensor, tensor } from '@spatiallock/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
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

it('takes all through memory where one large parameter lies there', async () => {
  const onDisk: Tensor = { ...weight, place: { path, offset: HEADER, length: weight.data.byteLength } };
  const other = parameter('v', [64, 32]);
  const sum = {
    inputs: { x: values.x },
    params: { w: values.w, v: other },
    outputs: { y: matmul(values.x, add(values.w, other)) },
  };
  const mixed = await backend.compile(sum, { w: onDisk, v: noise([64, 32], 5) });
  const plain = await backend.compile(sum, { w: weight, v: noise([64, 32], 5) });
  expect(worst((await mixed.run({ x })).y!.data, (await plain.run({ x })).y!.data as Float32Array)).toBe(0);
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
