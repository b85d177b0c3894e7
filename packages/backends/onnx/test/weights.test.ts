import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { add, input, matmul, parameter, tensor } from '@spatiallock/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { backend, noise, worst } from './support.js';

const [weight, bias, x] = [noise([64, 32], 1), noise([32], 2), noise([4, 64], 3)];
const values = { w: parameter('w', [64, 32]), b: parameter('b', [32]), x: input('x', [4, 64]) };
const graph = {
  inputs: { x: values.x },
  params: { w: values.w, b: values.b },
  outputs: { y: add(matmul(values.x, values.w), values.b) },
};
/** As in a safetensors file: a header of odd length, then the numbers one after another. */
const HEADER = 61;
const entries = {
  w: { offset: HEADER, length: weight.data.byteLength },
  b: { offset: HEADER + weight.data.byteLength, length: bias.data.byteLength },
};

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weights-'));
  path = join(folder, 'model.safetensors');
  const bytes = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  await writeFile(path, Buffer.concat([Buffer.alloc(HEADER, 0x20), bytes(weight.data), bytes(bias.data)]));
});
afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

async function expected(): Promise<Float32Array> {
  const compiled = await backend.compile(graph, { w: weight, b: bias });
  return (await compiled.run({ x })).y!.data as Float32Array;
}

it('computes with parameters that lie in a file', async () => {
  const compiled = await backend.compile(graph, {}, { weights: { path, entries } });
  const { y } = await compiled.run({ x });
  expect(worst(y!.data, await expected())).toBe(0);
});

it('takes a path from the working directory', async () => {
  const compiled = await backend.compile(
    graph,
    {},
    { weights: { path: relative(process.cwd(), path), entries } },
  );
  expect(worst((await compiled.run({ x })).y!.data, await expected())).toBe(0);
});

it('takes from memory what the file does not hold', async () => {
  const compiled = await backend.compile(
    graph,
    { b: tensor(new Float32Array(32), [32]) },
    { weights: { path, entries: { w: entries.w } } },
  );
  const unbiased = (await compiled.run({ x })).y!.data;
  const full = await expected();
  expect(unbiased[5]! + bias.data[5]!).toBeCloseTo(full[5]!, 5);
});

it('names an entry whose length does not fit its parameter', async () => {
  const wrong = { path, entries: { ...entries, b: { ...entries.b, length: 64 } } };
  await expect(backend.compile(graph, {}, { weights: wrong })).rejects.toThrow(
    'weights.entries.b: 64 bytes from 8253 do not hold float32[32], which takes 128',
  );
});

it('says which file is missing', async () => {
  const gone = { path: join(folder, 'gone.safetensors'), entries };
  await expect(backend.compile(graph, {}, { weights: gone })).rejects.toThrow('gone.safetensors');
});

it('gives the parameters back, also those from the file', async () => {
  const compiled = await backend.compile(
    graph,
    { b: bias },
    { weights: { path, entries: { w: entries.w } } },
  );
  expect((await compiled.readParams()).b).toBe(bias);
});
