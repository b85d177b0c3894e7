// One call of a model's U-Net with PoI, on numbers that are the same in Node and in a browser.

import {
  type Backend,
  type FileSource,
  type Graph,
  sizeOf,
  type Tensor,
  type Tensors,
  type Value,
} from '@spatiallock/core';
import { normals } from '@spatiallock/core/nn';
import { loadModel, unetGraph } from '@spatiallock/core/pipeline';
import { poi } from '@spatiallock/poi';

export interface UNetCall {
  readonly graph: Graph;
  readonly params: Tensors;
  readonly inputs: Tensors;
}

/** The U-Net of a model directory for one row of `side` x `side` latents with 8 objects, and what it is fed. */
export async function unetCall(files: FileSource, side: number): Promise<UNetCall> {
  const plugins = [poi()];
  const { unet } = await loadModel(files, plugins);
  const sizes = { batch: 1, height: side, width: side, tokens: 77, objects: 8 };
  const graph = unetGraph(unet.config, plugins, sizes, (name) => Object.hasOwn(unet.params, name));
  const params = Object.fromEntries(Object.keys(graph.params).map((name) => [name, unet.params[name]!]));
  const inputs = Object.fromEntries(
    Object.entries(graph.inputs).map(([name, value], i) => [name, fed(name, value, i)]),
  );
  return { graph, params, inputs };
}

export interface TimedCalls {
  readonly compileSeconds: number;
  readonly seconds: readonly number[];
  /** What the last call gave. */
  readonly output: Float32Array;
}

/** Compiles the U-Net and calls it `calls` times. */
export async function timedCalls(
  backend: Backend,
  { graph, params, inputs }: UNetCall,
  calls: number,
): Promise<TimedCalls> {
  const begun = performance.now();
  const executable = await backend.compile(graph, params);
  const compileSeconds = secondsSince(begun);
  const seconds: number[] = [];
  let output = new Float32Array();
  for (let i = 0; i < calls; i++) {
    const started = performance.now();
    const [prediction] = Object.values(await executable.run(inputs));
    seconds.push(secondsSince(started));
    output = Float32Array.from(prediction!.data);
  }
  await executable.dispose();
  return { compileSeconds, seconds, output };
}

export const secondsSince = (started: number): number => (performance.now() - started) / 1000;

/** Random numbers; a timestep in the middle, boxes and masks in 0..1. */
function fed(name: string, { dtype, shape }: Value, i: number): Tensor {
  const drawn = normals(i + 1, sizeOf(shape));
  if (dtype === 'int32') return { dtype, shape, data: new Int32Array(drawn.length) };
  if (dtype === 'bool') return { dtype, shape, data: new Uint8Array(drawn.length).fill(1) };
  if (name === 'timestep') return { dtype, shape, data: drawn.fill(500) };
  return {
    dtype,
    shape,
    data: /box|mask|until|scale/i.test(name) ? drawn.map((x) => Math.min(1, Math.abs(x))) : drawn,
  };
}
