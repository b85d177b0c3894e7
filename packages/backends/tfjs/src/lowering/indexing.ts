import { sizeOf, type Value } from '@spatiallock/core';
import type { Lowering, LoweringTable } from './lowering.js';

const gather: Lowering = (value, { kernel }) => {
  const [reshape, call] = [kernel('Reshape'), kernel('GatherV2')];
  const count = sizeOf((value.inputs[1] as Value).shape);
  return ([x, indices]) => {
    const flat = reshape({ x: indices! }, { shape: [count] });
    const rows = call({ x: x!, indices: flat }, { axis: 0, batchDims: 0 });
    return reshape({ x: rows }, { shape: [...value.shape] });
  };
};

/** ScatterNd adds where an index occurs twice. */
const scatterAdd: Lowering = (value, { kernel }) => {
  const [reshape, call] = [kernel('Reshape'), kernel('ScatterNd')];
  const count = sizeOf((value.inputs[1] as Value).shape);
  const [rows, ...rest] = value.shape as [number, ...number[]];
  const width = sizeOf(rest);
  return ([x, indices]) => {
    const table = call(
      {
        indices: reshape({ x: indices! }, { shape: [count, 1] }),
        updates: reshape({ x: x! }, { shape: [count, width] }),
      },
      { shape: [rows, width] },
    );
    return reshape({ x: table }, { shape: [...value.shape] });
  };
};

export const indexing: LoweringTable = { gather, scatterAdd };
