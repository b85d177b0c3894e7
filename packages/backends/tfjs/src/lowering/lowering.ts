import type { Tensor, Value } from '@spatiallock/core';
import type { TensorInfo } from '@tensorflow/tfjs-core';

/** Calls a kernel; what it makes is freed after the step unless it is the step's result. */
export type Call = (
  inputs: Readonly<Record<string, TensorInfo>> | readonly TensorInfo[],
  attrs?: Readonly<Record<string, unknown>>,
) => TensorInfo;

/** Computes one value from its operands. */
export type Step = (inputs: readonly TensorInfo[]) => TensorInfo;

/** What a lowering may ask for while the graph is compiled. */
export interface Setup {
  /** A kernel of the device; throws a DeviceError if it has none of this name. */
  kernel(name: string): Call;
  /** See `Device.castsLazily`. */
  readonly castsLazily: boolean;
  /** Numbers that stay on the device. */
  constant(tensor: Tensor): TensorInfo;
}

/** Prepares the computation of one value. */
export type Lowering = (value: Value, setup: Setup) => Step;

/** Lowerings by the name of the op. */
export type LoweringTable = Readonly<Record<string, Lowering>>;

/** A kernel of one operand x. */
export const unary =
  (name: string): Lowering =>
  (_value, { kernel }) => {
    const call = kernel(name);
    return ([x]) => call({ x: x! });
  };

/** A kernel of two operands that broadcasts. */
export const binary =
  (name: string): Lowering =>
  (_value, { kernel }) => {
    const call = kernel(name);
    return ([a, b]) => call({ a: a!, b: b! });
  };
