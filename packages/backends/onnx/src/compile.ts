// Graph -> model bytes -> session. The runtime is handed in, so that every device shares this.

import type { CompileOptions, Executable, Graph, Tensors } from '@spatiallock/core';
import { checkTensors, peakBytes } from '@spatiallock/core/backend';
import type { InferenceSession } from 'onnxruntime-common';
import { buildModel } from './build.js';
import type { Target } from './emitter.js';
import { executable } from './executable.js';
import { inHalfWith } from './halfParameters.js';
import { withSessionConfig } from './sessionConfig.js';
import type { OrtModule } from './tensors.js';
import { constantParameters, folderOf, folderOptions } from './weights.js';

/** A runtime with the settings of one device. */
export interface Runtime {
  readonly ort: OrtModule;
  readonly sessionOptions: InferenceSession.SessionOptions;
  readonly target?: Target;
  /** What every call of the runtime goes through: where it must, one at a time and watched for a lost device. */
  readonly guard?: <T>(task: () => Promise<T>) => Promise<T>;
  /** Gives the device back. */
  close?(): void;
}

const unguarded = <T>(task: () => Promise<T>): Promise<T> => task();

/**
 * Compiles a graph for a runtime. Throws if a parameter is missing or has another shape or dtype than its
 * value, if the graph holds an op without a lowering, or if the runtime refuses the model. What parameters without an
 * update hold on a disk (`place`) the runtime reads itself: no second copy is made. Training feeds those that it moves.
 */
export async function compileGraph(
  { ort, sessionOptions, target, guard = unguarded }: Runtime,
  graph: Graph,
  params: Tensors,
  { signal }: CompileOptions = {},
): Promise<Executable> {
  signal?.throwIfAborted();
  checkTensors('params', graph.params, params);
  const halved = target?.half ? inHalfWith(graph, params) : { graph, params, half: false };
  const folder = folderOf(constantsOf(halved.graph), halved.params);
  const { externalData, ...constants } = constantParameters(halved.params, folder);
  const built = buildModel(halved.graph, constants, { ...target, half: halved.half });
  signal?.throwIfAborted();
  const { inputs, fedParams } = built;
  const session = await guard(() =>
    ort.InferenceSession.create(built.bytes, {
      ...folderOptions(exactCodes(spareOptions(sessionOptions, graph)), folder),
      ...(externalData.length > 0 ? { externalData } : {}),
    }),
  );
  return executable({ ort, session, guard, graph, params, inputs, fedParams });
}

/** The parameters that stay as they are. */
function constantsOf({ params, updates = {} }: Graph): Graph['params'] {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !Object.hasOwn(updates, name)));
}

/** Products with 8-bit matrices in float32: the runtime would round what they are multiplied with to 8 bits, too. */
const exactCodes = (options: InferenceSession.SessionOptions): InferenceSession.SessionOptions =>
  withSessionConfig(options, { qdq_matmulnbits_accuracy_level: '1' });

/** From here on a step of training may not keep what it does not need at the moment. */
const MUCH_MEMORY = 2 ** 30;

/**
 * For a large step of training without the runtime's arena, which never gives back what the one phase of a step took and
 * the next cannot use, and without packed copies of weights, of which each node would have its own.
 */
function spareOptions(
  options: InferenceSession.SessionOptions,
  graph: Graph,
): InferenceSession.SessionOptions {
  if (graph.updates === undefined || peakBytes(graph) < MUCH_MEMORY) return options;
  return {
    enableCpuMemArena: false,
    enableMemPattern: false,
    ...withSessionConfig(options, { disable_prepacking: '1' }),
  };
}
