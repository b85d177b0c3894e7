import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import {
  add,
  conv2d,
  type Graph,
  gather,
  input,
  matmul,
  parameter,
  swapLast,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { openSafetensors, type QuantizedDType } from '@spatiallock/core/io';
import { normals } from '@spatiallock/core/nn';
import { quantizedFile } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { buildModel } from '../src/build.js';
import { ModelProtoSchema } from '../src/gen/onnx_pb.js';
import { cpu } from '../src/index.js';
import { constantParameters, folderOf } from '../src/weights.js';

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-coded-'));
afterAll(() => rmSync(folder, { recursive: true }));
const backend = cpu({ threads: 1 });
afterAll(() => backend.dispose());

const shapes = { linear: [48, 64], kernel: [16, 16, 3, 3], table: [40, 64], odd: [33, 33], norm: [64] };
const numbers: Tensors = Object.fromEntries(
  Object.entries(shapes).map(([name, shape], i) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return [name, tensor(normals(i + 1, size), shape)];
  }),
);

const x = input('x', [2, 5, 64]);
const image = input('image', [1, 16, 6, 6]);
const ids = input('ids', [3], 'int32');
const z = input('z', [2, 33]);
const params = Object.fromEntries(
  Object.entries(shapes).map(([name, shape]) => [name, parameter(name, shape)]),
);
const graph: Graph = {
  inputs: { x, image, ids, z },
  params,
  outputs: {
    linear: matmul(add(x, params.norm!), swapLast(params.linear!)),
    kernel: conv2d(image, params.kernel!, { padding: 1 }),
    table: gather(params.table!, ids),
    odd: matmul(z, swapLast(params.odd!)),
  },
};
const feeds: Tensors = {
  x: tensor(normals(11, 640), x.shape),
  image: tensor(normals(12, 576), image.shape),
  ids: tensor([0, 39, 7], [3], 'int32'),
  z: tensor(normals(13, 66), z.shape),
};

function written(dtype: QuantizedDType): Tensors {
  const path = join(folder, `${dtype}.safetensors`);
  const bytes = quantizedFile(numbers, dtype);
  writeFileSync(path, bytes);
  return openSafetensors({
    path,
    size: bytes.length,
    read: (offset, length) => bytes.slice(offset, offset + length),
  });
}

const outputsOf = async (given: Tensors): Promise<Tensors> => {
  const executable = await backend.compile(graph, given);
  const outputs = await executable.run(feeds);
  await executable.dispose();
  return outputs;
};

describe.each(['int8', 'int4'] as const)('parameters kept as %s', (dtype) => {
  it('give what their decoded numbers give, and are not decoded beforehand', async () => {
    const coded = written(dtype);
    const plain = Object.fromEntries(
      Object.entries(coded).map(([name, { shape, data }]) => [name, tensor(data as Float32Array, shape)]),
    );
    const expected = await outputsOf(plain);
    const unread = Object.fromEntries(
      Object.entries(coded).map(([name, given]) => {
        const { dtype: own, shape, place, coded: codes } = given;
        const isDecoded = name === 'odd' && dtype === 'int4';
        return [
          name,
          {
            ...{ dtype: own, shape, place, coded: codes },
            get data() {
              if (codes && !isDecoded) throw new Error(`${name} was decoded`);
              return given.data;
            },
          },
        ];
      }),
    );
    const outputs = await outputsOf(unread as Tensors);
    for (const [name, { data }] of Object.entries(expected)) {
      const most = Math.max(...Array.from(data, Math.abs));
      const found = outputs[name]!.data;
      const furthest = Math.max(...Array.from(data, (value, i) => Math.abs(found[i]! - value)));
      expect(furthest, name).toBeLessThan(1e-5 * most);
    }
  });
});

it('products with 4-bit parameters are computed from the codes', () => {
  const coded = written('int4');
  const { externalData, ...constants } = constantParameters(coded, folderOf(params, coded));
  const { bytes } = buildModel(graph, constants);
  const types = fromBinary(ModelProtoSchema, bytes).graph!.node.map(({ opType }) => opType);
  expect(types.filter((type) => type === 'MatMulNBits')).toHaveLength(1);
  expect(types.filter((type) => type === 'DequantizeLinear')).toHaveLength(2);
  expect(externalData).toEqual([]);
});
