// What a device does here and now: core's self-test, and the time of a layer as wide as the model's.

import { type Backend, conv2d, input, messageOf, parameter, silu, tensor } from '@spatiallock/core';
import { selfTest } from '@spatiallock/core/backend';
import type { OpenDevice } from './devices.js';
import type { Probe } from './protocol.js';

const CHANNELS = 96;
const SIDE = 16;
const TIMED_RUNS = 5;

/** What a device does, with what there is to know of it. Never rejects. */
export async function probeDevice({ backend, note }: OpenDevice): Promise<Probe> {
  const result = await probeBackend(backend);
  return result.passed && note ? { ...result, note } : result;
}

/** Never rejects: a device that fails has that as its result. */
async function probeBackend(backend: Backend): Promise<Probe> {
  try {
    await selfTest(backend);
    return { passed: true, milliseconds: await layerTime(backend) };
  } catch (cause) {
    return { passed: false, why: messageOf(cause) };
  }
}

/** The best of a few runs, for what else the machine does only adds to them. */
async function layerTime(backend: Backend): Promise<number> {
  const [shape, kernel] = [
    [2, CHANNELS, SIDE, SIDE],
    [CHANNELS, CHANNELS, 3, 3],
  ];
  const x = input('x', shape);
  const weight = parameter('weight', kernel);
  const graph = {
    inputs: { x },
    params: { weight },
    outputs: { y: silu(conv2d(x, weight, { padding: 1 })) },
  };
  const params = { weight: tensor(new Float32Array(CHANNELS * CHANNELS * 9).fill(0.01), kernel) };
  const inputs = { x: tensor(new Float32Array(2 * CHANNELS * SIDE * SIDE).fill(1), shape) };
  const compiled = await backend.compile(graph, params);
  await compiled.run(inputs);
  const times: number[] = [];
  for (let run = 0; run < TIMED_RUNS; run++) {
    const start = performance.now();
    await compiled.run(inputs);
    times.push(performance.now() - start);
  }
  await compiled.dispose();
  return Math.min(...times);
}
