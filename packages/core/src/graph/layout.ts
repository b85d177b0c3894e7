// Primitives that move numbers without changing them, and the sums that are their gradients.

import { checkList } from '../checks/index.js';
import { checkValue, checkWholes } from './operands.js';
import { sum } from './reduce.js';
import { broadcastShapes, range, sameShape } from './shapes.js';
import { type Shape, sizeOf, tensor } from './tensor.js';
import { attrsOf, axisOf, constant, node, type Op, type Value } from './value.js';

/** Attributes of shape nodes. */
export interface ShapeAttrs {
  readonly shape: Shape;
}
/** Attributes of transpose nodes. */
export interface TransposeAttrs {
  readonly perm: readonly number[];
}
/** Attributes of concat nodes. */
export interface ConcatAttrs {
  readonly axis: number;
}
/** Attributes of slice nodes. */
export interface SliceAttrs {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}
/** Attributes of pad nodes. */
export interface PadAttrs {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** The op of `reshape`. */
export const reshapeOp: Op = {
  name: 'reshape',
  infer: ([x], attrs) => {
    const { shape } = attrs as unknown as ShapeAttrs;
    if (sizeOf(shape) !== sizeOf(x!.shape) || !shape.every((n) => Number.isInteger(n) && n >= 0)) {
      throw new Error(`${sizeOf(x!.shape)} numbers do not fill [${shape.join(', ')}]`);
    }
    return { shape, dtype: x!.dtype };
  },
  vjp: ({ inputs }, dy) => [reshape(dy, inputs[0]!.shape)],
};

/** The op of `transpose`. */
export const transposeOp: Op = {
  name: 'transpose',
  infer: ([x], attrs) => {
    const { perm } = attrs as unknown as TransposeAttrs;
    const sorted = [...perm].sort((a, b) => a - b);
    if (!sameShape(sorted, range(x!.shape.length))) {
      throw new Error(`perm [${perm.join(', ')}] is no permutation of ${x!.shape.length} axes`);
    }
    return { shape: perm.map((axis) => x!.shape[axis]!), dtype: x!.dtype };
  },
  vjp: (y, dy) => {
    const { perm } = attrsOf<TransposeAttrs>(y);
    return [
      transpose(
        dy,
        range(perm.length).map((axis) => perm.indexOf(axis)),
      ),
    ];
  },
};

/** The op of `broadcastTo`. */
export const broadcastToOp: Op = {
  name: 'broadcastTo',
  infer: ([x], attrs) => {
    const { shape } = attrs as unknown as ShapeAttrs;
    if (!sameShape(broadcastShapes(x!.shape, shape), shape)) {
      throw new Error(`[${x!.shape.join(', ')}] does not broadcast to [${shape.join(', ')}]`);
    }
    return { shape, dtype: x!.dtype };
  },
  vjp: ({ inputs }, dy) => [sumTo(dy, inputs[0]!.shape)],
};

/** The op of `concat`. */
export const concatOp: Op = {
  name: 'concat',
  infer: (inputs, attrs) => {
    const { axis } = attrs as unknown as ConcatAttrs;
    const first = inputs[0];
    if (!first) throw new Error('needs at least one value');
    for (const x of inputs) {
      const fits =
        x.shape.length === first.shape.length &&
        x.dtype === first.dtype &&
        x.shape.every((n, i) => i === axis || n === first.shape[i]);
      if (!fits) throw new Error(`shapes and dtypes must agree everywhere but on axis ${axis}`);
    }
    const total = inputs.reduce((n, x) => n + x.shape[axis]!, 0);
    return { shape: first.shape.map((n, i) => (i === axis ? total : n)), dtype: first.dtype };
  },
  vjp: (y, dy) => {
    const { axis } = attrsOf<ConcatAttrs>(y);
    let start = 0;
    return y.inputs.map((x) => {
      const end = start + x.shape[axis]!;
      const part = sliceAxis(dy, axis, start, end);
      start = end;
      return part;
    });
  },
};

/** The op of `slice`. */
export const sliceOp: Op = {
  name: 'slice',
  infer: ([x], attrs) => {
    const { starts, ends } = attrs as unknown as SliceAttrs;
    x!.shape.forEach((n, i) => {
      if (!(starts[i]! >= 0 && starts[i]! < ends[i]! && ends[i]! <= n)) {
        throw new Error(`axis ${i}: ${starts[i]}..${ends[i]} is outside 0..${n}`);
      }
    });
    return { shape: x!.shape.map((_, i) => ends[i]! - starts[i]!), dtype: x!.dtype };
  },
  vjp: (y, dy) => {
    const { starts, ends } = attrsOf<SliceAttrs>(y);
    return [
      pad(
        dy,
        starts,
        y.inputs[0]!.shape.map((n, i) => n - ends[i]!),
      ),
    ];
  },
};

/** The op of `pad`. */
export const padOp: Op = {
  name: 'pad',
  infer: ([x], attrs) => {
    const { before, after } = attrs as unknown as PadAttrs;
    if (before.length !== x!.shape.length || after.length !== x!.shape.length) {
      throw new Error(`padding must name all ${x!.shape.length} axes`);
    }
    if ([...before, ...after].some((n) => n < 0)) throw new Error('padding must not be negative');
    return { shape: x!.shape.map((n, i) => n + before[i]! + after[i]!), dtype: x!.dtype };
  },
  vjp: (y, dy) => {
    const { before } = attrsOf<PadAttrs>(y);
    const { shape } = y.inputs[0]!;
    return [
      slice(
        dy,
        before,
        shape.map((n, i) => before[i]! + n),
      ),
    ];
  },
};

/** The same numbers in row-major order under another shape; one -1 is worked out. */
export function reshape(x: Value, shape: Shape): Value {
  checkValue('reshape', x);
  checkWholes('reshape', shape, 'the shape');
  const known = shape.reduce((product, n) => (n === -1 ? product : product * n), 1);
  const full = shape.map((n) => (n === -1 ? sizeOf(x.shape) / known : n));
  if (sameShape(full, x.shape)) return x;
  const source = x.op === reshapeOp ? x.inputs[0]! : x;
  return sameShape(full, source.shape) ? source : node(reshapeOp, [source], { shape: full });
}

/** Reorders axes: axis i of the result is axis perm[i] of x. */
export function transpose(x: Value, perm: readonly number[]): Value {
  checkValue('transpose', x);
  checkWholes('transpose', perm, 'perm');
  if (x.op === transposeOp) {
    const inner = attrsOf<TransposeAttrs>(x).perm;
    return transpose(
      x.inputs[0]!,
      perm.map((axis) => inner[axis]!),
    );
  }
  return perm.every((axis, i) => axis === i) && perm.length === x.shape.length
    ? x
    : node(transposeOp, [x], { perm: [...perm] });
}

/** Repeats axes of length 1 (and adds leading ones) up to a shape. */
export function broadcastTo(x: Value, shape: Shape): Value {
  checkValue('broadcastTo', x);
  checkWholes('broadcastTo', shape, 'the shape');
  return sameShape(x.shape, shape) ? x : node(broadcastToOp, [x], { shape });
}

/** Sums what broadcasting repeated: the gradient's way back to `shape`. */
export function sumTo(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const wide =
    x.shape.length < shape.length ||
    x.shape.some((n, i) => {
      const target = shape[i - x.shape.length + shape.length] ?? 1;
      return n === 1 && target !== 1;
    });
  // A gradient that was itself a broadcast scalar must first reach the full shape.
  if (wide) return sumTo(broadcastTo(x, broadcastShapes(x.shape, shape)), shape);
  const lead = x.shape.length - shape.length;
  const axes = range(x.shape.length).filter((i) => i < lead || (shape[i - lead] === 1 && x.shape[i] !== 1));
  return reshape(sum(x, axes, true), shape);
}

/** Joins values along an axis. */
export function concat(values: readonly Value[], axis: number): Value {
  const [first] = checkList(values, 'concat', 'values of a graph') as readonly Value[];
  if (!first) throw new Error('concat: needs at least one value');
  return values.length === 1 ? first : node(concatOp, values, { axis: axisOf('concat', first, axis) });
}

/** The part from `starts` to before `ends`, step 1, along every axis. */
export function slice(x: Value, starts: readonly number[], ends: readonly number[]): Value {
  checkValue('slice', x);
  checkWholes('slice', starts, 'starts');
  checkWholes('slice', ends, 'ends');
  const whole = starts.every((n) => n === 0) && ends.every((n, i) => n === x.shape[i]);
  return whole ? x : node(sliceOp, [x], { starts: [...starts], ends: [...ends] });
}

/** The part from `start` to before `end` along one axis. */
export function sliceAxis(x: Value, axis: number, start: number, end: number): Value {
  const at = axisOf('slice', x, axis);
  return slice(
    x,
    x.shape.map((_, i) => (i === at ? start : 0)),
    x.shape.map((n, i) => (i === at ? end : n)),
  );
}

/** Equal parts along an axis. */
export function split(x: Value, parts: number, axis: number): Value[] {
  const at = axisOf('split', x, axis);
  const size = x.shape[at]! / parts;
  if (!Number.isInteger(size)) throw new Error(`split: axis of ${x.shape[at]} has no ${parts} equal parts`);
  return range(parts).map((i) => sliceAxis(x, at, i * size, (i + 1) * size));
}

/** Puts zeros before and after along every axis. */
export function pad(x: Value, before: readonly number[], after: readonly number[]): Value {
  checkWholes('pad', before, 'before');
  checkWholes('pad', after, 'after');
  const none = [...before, ...after].every((n) => n === 0);
  return none ? x : node(padOp, [x], { before: [...before], after: [...after] });
}

/** A constant of one number. */
export function full(shape: Shape, value: number): Value {
  checkWholes('full', shape, 'the shape');
  return constant(tensor(new Float32Array(sizeOf(shape)).fill(value), shape));
}
