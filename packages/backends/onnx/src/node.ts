// Devices of onnxruntime-node.

import { type Backend, type Executable, type Graph, input, negate, type Tensors } from '@spatiallock/core';
import type { InferenceSession } from 'onnxruntime-common';
import { compileGraph, type OnnxCompileOptions } from './compile.js';
import type { OrtModule } from './tensors.js';

export interface CpuOptions {
  /** Threads that share one operation; all cores by default. */
  readonly threads?: number;
  /** More options of the session, such as `enableProfiling`. */
  readonly session?: InferenceSession.SessionOptions;
}

/** A backend that also takes this package's own compile options. */
export interface OnnxBackend extends Backend {
  compile(graph: Graph, params: Tensors, options?: OnnxCompileOptions): Promise<Executable>;
}

/**
 * The processor, through onnxruntime-node. Threads sleep instead of spinning, for spinning takes the
 * processor away from everything else; numbers too small to be normal count as zero.
 */
export function cpu({ threads, session = {} }: CpuOptions = {}): OnnxBackend {
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw new Error(`cpu: threads (${threads}) must be a whole number of at least 1`);
  }
  return nodeBackend('cpu', {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: { session: { 'intra_op.allow_spinning': '0', set_denormal_as_zero: '1' } },
    ...session,
  });
}

export interface CudaOptions {
  /** Which card, from 0. */
  readonly deviceId?: number;
  readonly session?: InferenceSession.SessionOptions;
}

/**
 * An NVIDIA card, through onnxruntime-node. Compiling throws, and says what to install, where the runtime
 * was installed without CUDA: it never falls back to the processor.
 */
export function cuda({ deviceId = 0, session = {} }: CudaOptions = {}): OnnxBackend {
  return nodeBackend(
    'cuda',
    {
      executionProviders: [{ name: 'cuda', deviceId }],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      ...session,
    },
    (cause) =>
      new Error(
        'cuda: this installation of onnxruntime-node cannot use CUDA. On Linux x64 with CUDA 12 and cuDNN 9, ' +
          'reinstall it with its CUDA files: `ONNXRUNTIME_NODE_INSTALL=cuda12 npm install onnxruntime-node`; ' +
          `without an NVIDIA card use cpu(). The runtime said: ${cause instanceof Error ? cause.message : cause}`,
        { cause },
      ),
  );
}

function nodeBackend(
  name: string,
  options: InferenceSession.SessionOptions,
  unavailable?: (cause: unknown) => Error,
): OnnxBackend {
  const live = new Set<Executable>();
  let checked: Promise<void> | undefined;
  return {
    name,
    async compile(graph, params, compileOptions) {
      const ort = await loadRuntime();
      if (unavailable) await (checked ??= probe(ort, options, unavailable));
      const compiled = await compileGraph(ort, options, graph, params, compileOptions);
      live.add(compiled);
      return compiled;
    },
    async dispose() {
      await Promise.all([...live].map((compiled) => compiled.dispose()));
      live.clear();
    },
  };
}

/** Opens a session on the smallest model, to tell a missing device from a fault in a graph. */
async function probe(
  ort: OrtModule,
  options: InferenceSession.SessionOptions,
  unavailable: (cause: unknown) => Error,
): Promise<void> {
  const x = input('x', [1]);
  try {
    const tiny = await compileGraph(ort, options, { inputs: { x }, params: {}, outputs: { y: negate(x) } }, {});
    await tiny.dispose();
  } catch (cause) {
    throw unavailable(cause);
  }
}

async function loadRuntime(): Promise<OrtModule> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new Error(
      'onnxruntime-node could not be loaded; install it with `npm install onnxruntime-node onnxruntime-common`',
      { cause },
    );
  }
}
