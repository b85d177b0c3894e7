// Parameters of a graph whose products are computed in half precision.

import type { Graph, Tensor, Tensors, Value } from '@spatiallock/core';
import { inHalf, readAsHalves } from '@spatiallock/core/backend';
import { halvesOf } from '@spatiallock/core/io';
import { codesFor } from './coded.js';

export interface HalfGraph {
  readonly graph: Graph;
  /** Those that are read as halves alone are kept as halves; others are as they were. */
  readonly params: Tensors;
  /** False where the graph stays float32, see `inHalf`. */
  readonly half: boolean;
}

/**
 * A graph in half precision where it can be. Products with parameters beyond 65504, and with parameters of few bits, which
 * the runtime decodes to float32, stay float32.
 */
export function inHalfWith(graph: Graph, params: Tensors): HalfGraph {
  const converted = new Map<string, Tensor | undefined>();
  const convertedOf = (name: string, value: Value): Tensor | undefined => {
    if (!converted.has(name)) converted.set(name, asHalves(value, params[name]!));
    return converted.get(name);
  };
  const halved = inHalf(graph, {
    fits: (value) => convertedOf(String(value.attrs.name), value) !== undefined,
  });
  const kept = [...readAsHalves(halved)].map((name) => [name, converted.get(name) ?? params[name]!] as const);
  return { graph: halved, params: { ...params, ...Object.fromEntries(kept) }, half: halved !== graph };
}

/** A tensor with its numbers as halves; undefined where halves cannot hold them. */
function asHalves(value: Value, given: Tensor): Tensor | undefined {
  if (value.dtype !== 'float32' || codesFor(value, given)) return undefined;
  const { stored, shape } = given;
  // Halves of a file were looked through for infinities when it was opened.
  if (stored?.dtype === 'float16') return given;
  const { data } = given;
  const bits = data instanceof Float32Array ? halvesOf(data) : data;
  if (!(bits instanceof Uint16Array)) return undefined;
  return {
    dtype: 'float32',
    shape,
    stored: { dtype: 'float16', data: bits },
    get data() {
      return given.data;
    },
  };
}
