// What a condition chooses is computed only where it is chosen.

import { fromBinary } from '@bufbuild/protobuf';
import {
  add,
  type Graph,
  input,
  less,
  matmul,
  multiply,
  referenceBackend,
  tensor,
  type Value,
  where,
} from '@spatiallock/core';
import { afterAll, describe, expect, it } from 'vitest';
import { buildModel } from '../src/build.js';
import { ModelProtoSchema, type NodeProto } from '../src/gen/onnx_pb.js';
import { backend, noise, worst } from './support.js';

afterAll(() => backend.dispose());

const x = input('x', [4, 4]);
const on = input('on', []);
const square = matmul(x, x);
const deep = matmul(multiply(square, 2), square);

const graphOf = (outputs: Record<string, Value>): Graph => ({ inputs: { x, on }, params: {}, outputs });

function nodesOf(graph: Graph): readonly NodeProto[] {
  const initializer = (): never => {
    throw new Error('there are no parameters');
  };
  const { bytes } = buildModel(graph, { initializer, codes: () => undefined });
  return fromBinary(ModelProtoSchema, bytes).graph!.node;
}

const typesOf = (nodes: readonly NodeProto[]) => nodes.map(({ opType }) => opType);
const branch = (nodes: readonly NodeProto[], name: string) =>
  typesOf(nodes.find(({ opType }) => opType === 'If')!.attribute.find((each) => each.name === name)!.g!.node);

describe('one condition for a whole tensor', () => {
  const y = where(less(0, on), deep, x);

  it('puts what only one side needs into its branch', () => {
    const nodes = nodesOf(graphOf({ y }));
    expect(typesOf(nodes)).toEqual(['Less', 'If', 'Identity']);
    expect(branch(nodes, 'then_branch')).toEqual(['MatMul', 'Mul', 'MatMul', 'Identity']);
    expect(branch(nodes, 'else_branch')).toEqual(['Identity']);
  });

  it('leaves outside what others read, too', () => {
    const nodes = nodesOf(graphOf({ y, square }));
    expect(typesOf(nodes)).toContain('MatMul');
    expect(branch(nodes, 'then_branch')).toEqual(['Mul', 'MatMul', 'Identity']);
    expect(
      typesOf(nodesOf(graphOf({ y: where(less(0, on), deep, deep) }))).filter((type) => type === 'MatMul'),
    ).toHaveLength(2);
  });

  it('gives the numbers of both sides, one choice after another', async () => {
    const twice = where(less(0, on), add(matmul(y, y), deep), y);
    const graph = graphOf({ y, twice });
    const [ours, reference] = [await backend.compile(graph, {}), await referenceBackend().compile(graph, {})];
    for (const value of [0, 1, -1]) {
      const feeds = { x: noise([4, 4], 3), on: tensor([value], []) };
      const [given, wanted] = [await ours.run(feeds), await reference.run(feeds)];
      for (const name of ['y', 'twice'])
        expect(worst(given[name]!.data, wanted[name]!.data), `${name} at ${value}`).toBeLessThan(1e-5);
    }
  });
});
