// Half precision for what takes the time: matrix products, convolutions and attention. Everything else stays float32.

import { attentionOp } from './attention.js';
import { cast, castOp } from './elementwise.js';
import { broadcastToOp, concatOp, reshapeOp, sliceOp, transposeOp } from './layout.js';
import { conv2dInputGradientOp, conv2dKernelGradientOp, conv2dOp, matmulOp } from './linear.js';
import { upsampleNearestOp } from './resampling.js';
import { replaceRoots, rootsOf, withInputs } from './rewrite.js';
import { topological } from './traverse.js';
import {
  attrsOf,
  type ConstantAttrs,
  constantOp,
  type Graph,
  node,
  type Op,
  parameterOp,
  type Value,
} from './value.js';

/** The largest number of half precision. */
export const LARGEST_HALF = 65504;

/** Products with so few rows cost little: they are the timestep embedding's, and what is made of it. */
const FEW_ROWS = 16;

const products: ReadonlySet<Op> = new Set([matmulOp, conv2dOp, attentionOp]);
const gradients: ReadonlySet<Op> = new Set([conv2dInputGradientOp, conv2dKernelGradientOp]);
/** What moves numbers without changing them moves halves, too. */
const moves: ReadonlySet<Op> = new Set([
  reshapeOp,
  transposeOp,
  broadcastToOp,
  concatOp,
  sliceOp,
  upsampleNearestOp,
]);

/** Options of `inHalf`. */
export interface InHalfOptions {
  /** Whether half precision can hold a parameter; products with one that it cannot hold stay float32. Default: all fit. */
  readonly fits?: (parameter: Value) => boolean;
}

/**
 * The graph with its matrix products, convolutions and attention in float16, between casts; normalisation, softmax, sums and
 * products of at most 16 vectors stay float32, and so do inputs, parameters and outputs. A training step whose loss is not scaled,
 * another graph that holds gradients of convolutions (small gradients would become zero) and one that holds halves already are
 * returned as they are.
 */
export function inHalf(graph: Graph, { fits = () => true }: InHalfOptions = {}): Graph {
  const order = topological(rootsOf(graph));
  const { updates, lossScaled = false } = graph;
  const forbids = ({ op, dtype }: Value): boolean =>
    dtype === 'float16' || (!lossScaled && gradients.has(op));
  if ((updates !== undefined && !lossScaled) || order.some(forbids)) return graph;
  const moved = new Map<Value, Value>();
  const halves = new Map<Value, Value>();
  for (const value of order) {
    const own = withInputs(
      value,
      value.inputs.map((x) => moved.get(x) ?? x),
    );
    const inHalves = isLargeProduct(own) && own.inputs.every((x) => holds(x, fits));
    moved.set(value, inHalves ? cast(asHalf(own, halves), 'float32') : own);
  }
  return replaceRoots(graph, moved);
}

/** Names of the parameters that nothing but casts to float16 reads: they can be kept as halves. */
export function readAsHalves(graph: Graph): Set<string> {
  const roots = rootsOf(graph);
  const wide = new Set(roots);
  const read = new Set<Value>();
  for (const value of topological(roots)) {
    const narrows = value.op === castOp && value.dtype === 'float16';
    for (const x of value.inputs) (narrows ? read : wide).add(x);
  }
  const parameters = [...read].filter((x) => x.op === parameterOp && x.dtype === 'float32' && !wide.has(x));
  return new Set(parameters.map((x) => String(x.attrs.name)));
}

function isLargeProduct({ op, dtype, shape }: Value): boolean {
  if (!(products.has(op) || gradients.has(op)) || dtype !== 'float32') return false;
  return op !== matmulOp || shape.length > 2 || shape[0]! > FEW_ROWS;
}

/** Whether half precision holds what an operand consists of, as far as it is known before the graph runs. */
function holds(x: Value, fits: (parameter: Value) => boolean): boolean {
  if (x.op === parameterOp) return fits(x);
  if (x.op === constantOp)
    return attrsOf<ConstantAttrs>(x).tensor.data.every((n) => Math.abs(n) <= LARGEST_HALF);
  return !moves.has(x.op) || x.inputs.every((y) => holds(y, fits));
}

/** The same node on halves. */
const asHalf = ({ op, inputs, attrs }: Value, halves: Map<Value, Value>): Value =>
  node(
    op,
    inputs.map((x) => half(x, halves)),
    attrs,
  );

/** A value as halves: cast before it is moved, so that parameters are cast where they stand. */
function half(x: Value, halves: Map<Value, Value>): Value {
  const known = halves.get(x);
  if (known) return known;
  const [source] = x.inputs;
  const wasHalf = x.op === castOp && source?.dtype === 'float16';
  const result = wasHalf ? source : moves.has(x.op) ? asHalf(x, halves) : cast(x, 'float16');
  halves.set(x, result);
  return result;
}
