import type { Value } from '@spatiallock/core';
import type { Emitter } from '../emitter.js';

/** Writes one value as ONNX nodes: `inputs` are the names of its operands; returns the name of the result. */
export type Lowering = (value: Value, inputs: readonly string[], emitter: Emitter) => string;

/** Lowerings by the name of the op. */
export type LoweringTable = Readonly<Record<string, Lowering>>;

/** An op that ONNX has under another name. */
export const rename =
  (opType: string): Lowering =>
  (_value, inputs, { emit }) =>
    emit(opType, inputs);
