// Gradients against finite differences, at double precision.

import { expect } from 'vitest';
import { add, grad, input, multiply, type Shape, sizeOf, sum, type Value } from '../../src/graph/index.js';
import type { Dense, Denses } from '../../src/reference/index.js';
import { evaluate, program } from '../../src/reference/interpret.js';

export interface Case {
  readonly title: string;
  readonly shapes: readonly Shape[];
  /** Where the operands' numbers come from; -1..1 by default. */
  readonly range?: readonly [number, number];
  readonly build: (...operands: Value[]) => Value;
}

/** Numbers in 0..1 from a seed (Mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function dense(shape: Shape, next: () => number): Dense {
  return { dtype: 'float32', shape, data: Float64Array.from({ length: sizeOf(shape) }, next) };
}

const STEP = 1e-4;
const TOLERANCE = 2e-6;

export interface Problem {
  readonly operands: readonly Value[];
  readonly result: Value;
  /** A scalar: the result weighted by random numbers. */
  readonly loss: Value;
  /** Another scalar: the gradients of `loss` weighted by random numbers. */
  readonly curvature: () => Value;
  readonly feeds: Denses;
}

/** A case with operands, weights and numbers for all of them. */
export function pose({ shapes, range: [low, high] = [-1, 1], build }: Case, seed = 1): Problem {
  const next = uniform(seed);
  const feeds: Record<string, Dense> = {};
  const feed = (name: string, shape: Shape, from: number, to: number): Value => {
    feeds[name] = dense(shape, () => from + (to - from) * next());
    return input(name, shape);
  };
  const operands = shapes.map((shape, i) => feed(`x${i}`, shape, low, high));
  const result = build(...operands);
  const weighted = (x: Value, name: string) => sum(multiply(x, feed(name, x.shape, -1, 1)));
  const loss = weighted(result, 'weights');
  const curvature = () =>
    grad(loss, operands)
      .map((g, i) => weighted(g, `directions${i}`))
      .reduce((a, b) => add(a, b));
  return { operands, result, loss, curvature, feeds };
}

/** Compares grad(loss, operands) with central differences, every number of every operand. */
export function expectGradients(loss: Value, operands: readonly Value[], feeds: Denses): void {
  const analytic = run(named(grad(loss, operands)), feeds);
  const forward = program({ loss });
  const lossAt = () => evaluate(forward, feeds, {}, 'float64').loss.data[0];
  operands.forEach((operand, i) => {
    const { data } = feeds[String(operand.attrs.name)];
    const actual = analytic[String(i)];
    expect(actual.shape).toEqual(operand.shape);
    for (let k = 0; k < data.length; k++) {
      const here = data[k];
      data[k] = here + STEP;
      const after = lossAt();
      data[k] = here - STEP;
      const before = lossAt();
      data[k] = here;
      const numeric = (after - before) / (2 * STEP);
      const slack = TOLERANCE * Math.max(1, Math.abs(numeric));
      expect(
        Math.abs(actual.data[k] - numeric),
        `operand ${i}[${k}]: ${actual.data[k]} for ${numeric}`,
      ).toBeLessThan(slack);
    }
  });
}

export function named(values: readonly Value[]): Record<string, Value> {
  return Object.fromEntries(values.map((value, i) => [String(i), value]));
}

export function run(outputs: Record<string, Value>, feeds: Denses): Denses {
  return evaluate(program(outputs), feeds, {}, 'float64');
}
