// Devices of onnxruntime-node.

import type { Backend } from '@spatiallock/core';
import { packageMissing } from '@spatiallock/core/backend';
import { checkKeys, showValue } from '@spatiallock/core/checks';
import type { InferenceSession } from 'onnxruntime-common';
import { onnxBackend } from './backend.js';
import { blockSize } from './blockSize.js';
import { checkCommandLine } from './commandLine.js';
import type { Runtime } from './compile.js';
import { peers } from './peers.js';
import { checkPrecision, type PrecisionOption } from './precision.js';
import { requireDevice } from './probe.js';
import { processMemory } from './processMemory.js';
import { disableTelemetry } from './telemetry.js';
import type { OrtModule } from './tensors.js';
import { checkThreads } from './threadCount.js';
import { defaultThreads } from './threads.js';

/** Options of `cpu`. */
export interface CpuOptions extends PrecisionOption {
  /** Threads that share one operation, 1..1024; one for each core by default. */
  readonly threads?: number;
  /** More options of the session, such as `enableProfiling`. */
  readonly session?: InferenceSession.SessionOptions;
}

const CPU_OPTIONS = ['threads', 'precision', 'session'] as const satisfies readonly (keyof CpuOptions)[];

/**
 * The processor, through onnxruntime-node. Threads sleep instead of spinning, for spinning takes the
 * processor away from everything else; numbers too small to be normal count as zero. Half precision is slower here: it shows
 * what graphics cards would compute.
 */
export function cpu(options: CpuOptions = {}): Backend {
  checkKeys(options, CPU_OPTIONS, 'cpu');
  checkPrecision(options, 'cpu');
  const { threads, session = {} } = options;
  checkThreads(threads, 'cpu');
  const open = async (): Promise<Runtime> => {
    const ort = await loadRuntime('cpu');
    const intraOpNumThreads = threads ?? defaultThreads();
    const sessionOptions: InferenceSession.SessionOptions = {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      executionMode: 'sequential',
      logSeverityLevel: 3,
      ...(intraOpNumThreads === undefined ? {} : { intraOpNumThreads }),
      extra: { session: { 'intra_op.allow_spinning': '0', set_denormal_as_zero: '1' } },
      ...session,
    };
    const target = { block: await blockSize(ort), fusedTranspose: true };
    return { ort, sessionOptions, target, memory: processMemory() };
  };
  return onnxBackend('cpu', open, options);
}

/** Options of `cuda`. */
export interface CudaOptions extends PrecisionOption {
  /** Which card, from 0. */
  readonly deviceId?: number;
  readonly session?: InferenceSession.SessionOptions;
}

const CUDA_OPTIONS = ['deviceId', 'precision', 'session'] as const satisfies readonly (keyof CudaOptions)[];

/**
 * An NVIDIA card, through onnxruntime-node. Compiling throws, and says what to install, where the runtime
 * was installed without CUDA: it never falls back to the processor.
 */
export function cuda(options: CudaOptions = {}): Backend {
  checkKeys(options, CUDA_OPTIONS, 'cuda');
  checkPrecision(options, 'cuda');
  const { deviceId = 0, session = {} } = options;
  if (!(Number.isInteger(deviceId) && deviceId >= 0)) {
    throw new Error(`cuda: deviceId (${showValue(deviceId)}) must be a whole number of at least 0`);
  }
  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: [{ name: 'cuda', deviceId }],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...session,
  };
  const open = async (): Promise<Runtime> => {
    const ort = await loadRuntime('cuda');
    const runtime = { ort, sessionOptions };
    const probe = await requireDevice(runtime, {
      device: 'cuda',
      problem: 'this installation of onnxruntime-node cannot use CUDA',
      advice:
        'On Linux x64 with CUDA 12 and cuDNN 9, reinstall it with its CUDA files: ' +
        '`ONNXRUNTIME_NODE_INSTALL=cuda12 npm install onnxruntime-node`; without an NVIDIA card use cpu().',
    });
    await probe.dispose();
    return runtime;
  };
  return onnxBackend('cuda', open, options);
}

async function loadRuntime(device: string): Promise<OrtModule> {
  // No import, so that bundlers for browsers do not look for it.
  const { isMainThread } = process.getBuiltinModule('node:worker_threads');
  if (!disableTelemetry(process.env, isMainThread))
    checkCommandLine([...process.execArgv, ...process.argv], process.platform);
  // Named by a variable, so that bundlers for browsers do not look for it.
  const name = 'onnxruntime-node';
  try {
    return await import(/* @vite-ignore */ name);
  } catch (cause) {
    throw packageMissing(device, name, peers, cause);
  }
}
