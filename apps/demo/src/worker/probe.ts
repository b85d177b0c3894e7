// A small network on a device, against core's interpreter: does it work, and how fast is it?

import {
  type Backend,
  conv2d,
  type Graph,
  input,
  interpret,
  parameter,
  silu,
  softmax,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import type { Probe } from './protocol.js';

const CHANNELS = 32;
const SIDE = 16;
const TIMED_RUNS = 3;
/** Above it a device computes something else; WebGPU's own functions come within 1e-5. */
const TOLERANCE = 1e-3;

function testNetwork(): { readonly graph: Graph; readonly params: Tensors; readonly inputs: Tensors } {
  const shape = [1, CHANNELS, SIDE, SIDE];
  const kernel = [CHANNELS, CHANNELS, 3, 3];
  const wave = (count: number, scale: number) =>
    Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i));
  const x = input('x', shape);
  const weight = parameter('weight', kernel);
  const convolved = silu(conv2d(x, weight, { padding: 1 }));
  return {
    graph: { inputs: { x }, params: { weight }, outputs: { y: softmax(convolved, -1) } },
    params: { weight: tensor(wave(CHANNELS * CHANNELS * 9, 0.2), kernel) },
    inputs: { x: tensor(wave(CHANNELS * SIDE * SIDE, 1), shape) },
  };
}

/** Never rejects: a device that fails has that as its result. */
export async function probeBackend(backend: Backend): Promise<Probe> {
  try {
    const { graph, params, inputs } = testNetwork();
    const compiled = await backend.compile(graph, params);
    const found = Float32Array.from((await compiled.run(inputs)).y!.data);
    const wanted = interpret(graph.outputs, inputs, params).y!.data;
    const error = found.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);
    if (!(error <= TOLERANCE))
      return { passed: false, why: `its numbers are off by ${error.toPrecision(2)}` };
    const times: number[] = [];
    for (let run = 0; run < TIMED_RUNS; run++) {
      const start = performance.now();
      await compiled.run(inputs);
      times.push(performance.now() - start);
    }
    await compiled.dispose();
    return { passed: true, milliseconds: Math.min(...times) };
  } catch (cause) {
    return { passed: false, why: cause instanceof Error ? cause.message : String(cause) };
  }
}
