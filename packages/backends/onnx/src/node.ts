// Devices of onnxruntime-node.

import { DeviceError, input, negate } from '@spatiallock/core';
import type { InferenceSession } from 'onnxruntime-common';
import { type OnnxBackend, onnxBackend } from './backend.js';
import { blockSize } from './blockSize.js';
import { compileGraph } from './compile.js';
import type { OrtModule } from './tensors.js';

export interface CpuOptions {
  /** Threads that share one operation; all cores by default. */
  readonly threads?: number;
  /** More options of the session, such as `enableProfiling`. */
  readonly session?: InferenceSession.SessionOptions;
}

/**
 * The processor, through onnxruntime-node. Threads sleep instead of spinning, for spinning takes the
 * processor away from everything else; numbers too small to be normal count as zero.
 */
export function cpu({ threads, session = {} }: CpuOptions = {}): OnnxBackend {
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw new Error(`cpu: threads (${threads}) must be a whole number of at least 1`);
  }
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: { session: { 'intra_op.allow_spinning': '0', set_denormal_as_zero: '1' } },
    ...session,
  };
  return onnxBackend('cpu', async () => {
    const ort = await loadRuntime();
    return { ort, sessionOptions, target: { block: await blockSize(ort) } };
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
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: [{ name: 'cuda', deviceId }],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...session,
  };
  return onnxBackend('cuda', async () => {
    const ort = await loadRuntime();
    await requireCuda(ort, sessionOptions);
    return { ort, sessionOptions };
  });
}

/** Opens a session on the smallest model, to tell a missing device from a fault in a graph. */
async function requireCuda(ort: OrtModule, sessionOptions: InferenceSession.SessionOptions): Promise<void> {
  const x = input('x', [1]);
  const smallest = { inputs: { x }, params: {}, outputs: { y: negate(x) } };
  try {
    const compiled = await compileGraph({ ort, sessionOptions }, smallest, {});
    await compiled.dispose();
  } catch (cause) {
    throw new DeviceError({
      device: 'cuda',
      reason: 'unavailable',
      problem: 'this installation of onnxruntime-node cannot use CUDA',
      advice:
        'On Linux x64 with CUDA 12 and cuDNN 9, reinstall it with its CUDA files: ' +
        '`ONNXRUNTIME_NODE_INSTALL=cuda12 npm install onnxruntime-node`; without an NVIDIA card use cpu().',
      cause,
    });
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
