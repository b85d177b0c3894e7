// Graph -> model bytes -> session. The runtime is handed in, so that every device shares this.

import { type CompileOptions, type Executable, type Graph, sizeOf, type Tensors } from '@spatiallock/core';
import { checkTensors, cutUpdates, updatesInParts } from '@spatiallock/core/backend';
import type { InferenceSession } from 'onnxruntime-common';
import { buildModel } from './build.js';
import type { Target } from './emitter.js';
import { executable } from './executable.js';
import { inHalfWith } from './halfParameters.js';
import { type MemoryPlan, memoryPlan } from './memoryPlan.js';
import { releaseMemory } from './releaseMemory.js';
import { withConfig, withSessionConfig } from './sessionConfig.js';
import type { OrtModule } from './tensors.js';
import { constantParameters, folderOf, folderOptions } from './weights.js';

/** A runtime with the settings of one device. */
export interface Runtime {
  readonly ort: OrtModule;
  readonly sessionOptions: InferenceSession.SessionOptions;
  readonly target?: Target;
  /** Bytes of memory that the device has, where that is known. */
  readonly memory?: number;
  /** What every call of the runtime goes through: where it must, one at a time and watched for a lost device. */
  readonly guard?: <T>(task: () => Promise<T>) => Promise<T>;
  /** Gives the device back. */
  close?(): void;
}

/** Bytes of parameters that a training step updates at a time where memory matters. */
const UPDATE_BYTES = 2 ** 26;

const unguarded = <T>(task: () => Promise<T>): Promise<T> => task();

/**
 * Compiles a graph for a runtime. Throws if a parameter is missing or has another shape or dtype than its
 * value, if the graph holds an op without a lowering, or if the runtime refuses the model. What parameters without an
 * update hold on a disk (`place`) the runtime reads itself: no second copy is made. Training feeds those that it updates, and in
 * low memory updates a few at a time.
 */
export async function compileGraph(
  runtime: Runtime,
  graph: Graph,
  params: Tensors,
  { signal, lowMemory: asked = false, transferParams = [] }: CompileOptions = {},
): Promise<Executable> {
  signal?.throwIfAborted();
  checkTensors('params', graph.params, params);
  const plan = memoryPlan(graph, asked, runtime.memory);
  // Which parameters are kept as halves is decided for a graph as a whole.
  const cut = plan.lowMemory && !runtime.target?.half ? cutUpdates(graph, UPDATE_BYTES) : undefined;
  if (!cut) return compileSession(runtime, graph, params, plan, signal);
  const compile = (part: Graph, own: Tensors) => compileSession(runtime, part, own, plan, signal);
  return updatesInParts({ compile, release: releaseMemory, transferParams }, graph, params, cut);
}

async function compileSession(
  { ort, sessionOptions, target, guard = unguarded }: Runtime,
  graph: Graph,
  params: Tensors,
  { lowMemory, fusesTransposes }: MemoryPlan,
  signal: CompileOptions['signal'],
): Promise<Executable> {
  signal?.throwIfAborted();
  const halved = target?.half ? inHalfWith(graph, params) : { graph, params, half: false };
  const folder = folderOf(constantsOf(halved.graph), halved.params);
  const { externalData, ...constants } = constantParameters(halved.params, folder);
  const fusedTranspose = target?.fusedTranspose === true && fusesTransposes;
  const own = {
    ...target,
    half: halved.half,
    folds: !lowMemory,
    fusedTranspose,
    winograd: target?.winograd === true && kernelNumbers(halved.graph) <= MOST_TRANSFORMED,
  };
  const built = buildModel(halved.graph, constants, own);
  signal?.throwIfAborted();
  const { inputs, fedParams } = built;
  const session = await guard(() =>
    ort.InferenceSession.create(built.bytes, {
      ...folderOptions(exactCodes(lowMemory ? lowMemoryOptions(sessionOptions) : sessionOptions), folder),
      ...(externalData.length > 0 ? { externalData } : {}),
    }),
  );
  return executable({ ort, session, guard, graph, params, inputs, fedParams });
}

/** The parameters that stay as they are. */
function constantsOf({ params, updates = {} }: Graph): Graph['params'] {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !Object.hasOwn(updates, name)));
}

/** Numbers of 3 x 3 kernels whose transforms are worth their memory: some 256 MB beside the 64 of the kernels themselves. */
const MOST_TRANSFORMED = 2 ** 24;

function kernelNumbers(graph: Graph): number {
  const kernels = Object.values(graph.params).filter(({ shape: [, , kh, kw] }) => kh === 3 && kw === 3);
  return kernels.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** Products with 8-bit matrices in float32: the runtime would round what they are multiplied with to 8 bits, too. */
const exactCodes = (options: InferenceSession.SessionOptions): InferenceSession.SessionOptions =>
  withSessionConfig(options, { qdq_matmulnbits_accuracy_level: '1' });

/** Optimisers that keep copies of weights, or values of the forward pass that the backward pass makes again. */
const KEEPING = [
  'ConstantFolding',
  'CommonSubexpressionElimination',
  'FuseFp16InitializerToFp32NodeTransformer',
];

/**
 * Options for low memory. Without the runtime's arena, which never returns memory to the system; without prepacking, which copies
 * the weights of each node; and without constant folding, which would keep frozen weights once more, transposed or rotated for the
 * backward pass.
 */
const lowMemoryOptions = (options: InferenceSession.SessionOptions): InferenceSession.SessionOptions => ({
  enableCpuMemArena: false,
  enableMemPattern: false,
  ...withConfig(options, {
    session: { disable_prepacking: '1' },
    optimization: {
      disable_specified_optimizers: KEEPING.join(';'),
    },
  }),
});
