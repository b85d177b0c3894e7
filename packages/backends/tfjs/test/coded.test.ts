// Weights of 8 and 4 bits on backends that do not compute with codes: they decode them when a graph is compiled.

import {
  conv2d,
  type Graph,
  gather,
  input,
  matmul,
  parameter,
  referenceBackend,
  swapLast,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { openSafetensors } from '@spatiallock/core/io';
import { normals } from '@spatiallock/core/nn';
import { cosine, quantizedFile } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { cpu, wasm } from '../src/index.js';

const shapes = { linear: [48, 64], kernel: [16, 16, 3, 3], table: [40, 64], odd: [33, 33] };
const numbers: Tensors = Object.fromEntries(
  Object.entries(shapes).map(([name, shape], i) => [
    name,
    tensor(
      normals(
        i + 1,
        shape.reduce((a, b) => a * b, 1),
      ),
      shape,
    ),
  ]),
);
const x = input('x', [2, 5, 64]);
const image = input('image', [1, 16, 6, 6]);
const ids = input('ids', [3], 'int32');
const z = input('z', [2, 33]);
const [linear, kernel, table, odd] = [
  parameter('linear', shapes.linear),
  parameter('kernel', shapes.kernel),
  parameter('table', shapes.table),
  parameter('odd', shapes.odd),
];
const graph: Graph = {
  inputs: { x, image, ids, z },
  params: { linear, kernel, table, odd },
  outputs: {
    linear: matmul(x, swapLast(linear)),
    kernel: conv2d(image, kernel, { padding: 1 }),
    table: gather(table, ids),
    odd: matmul(z, swapLast(odd)),
  },
};
const feeds: Tensors = {
  x: tensor(normals(11, 640), x.shape),
  image: tensor(normals(12, 576), image.shape),
  ids: tensor([0, 39, 7], [3], 'int32'),
  z: tensor(normals(13, 66), z.shape),
};

const backends = { 'tfjs-cpu': cpu, 'tfjs-wasm': wasm, reference: referenceBackend };
const least = { int8: 0.9999, int4: 0.99 } as const;
const cases = (Object.keys(backends) as (keyof typeof backends)[]).flatMap((name) =>
  (['int8', 'int4'] as const).map((dtype) => [name, dtype] as const),
);

describe('parameters kept in few bits', () => {
  it.each(cases)('%s decodes %s', async (name, dtype) => {
    const bytes = quantizedFile(numbers, dtype);
    const coded = openSafetensors({
      size: bytes.length,
      read: (offset, length) => bytes.slice(offset, offset + length),
    });
    expect(Object.values(coded).every((each) => each.coded !== undefined)).toBe(true);
    const backend = backends[name]();
    const run = async (params: Tensors): Promise<Tensors> => {
      const executable = await backend.compile(graph, params);
      const found = await executable.run(feeds);
      await executable.dispose();
      return found;
    };
    try {
      const [found, exact] = [await run(coded), await run(numbers)];
      for (const output of Object.keys(graph.outputs)) {
        const agreement = cosine(found[output]!.data, exact[output]!.data);
        expect(agreement, output).toBeGreaterThan(least[dtype]);
        // Codes are coarser than float32.
        expect(agreement, output).toBeLessThan(1 - 1e-7);
      }
    } finally {
      await backend.dispose();
    }
  });
});
