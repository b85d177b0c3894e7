// Devices of onnxruntime-web: WebAssembly and WebGPU in a browser's page or worker.

import type { Backend } from '@spatiallock/core';
import {
  type Gpu,
  oneAtATime,
  openGpu,
  type PowerPreference,
  packageMissing,
} from '@spatiallock/core/backend';
import { checkKeys } from '@spatiallock/core/checks';
import type { Env, InferenceSession } from 'onnxruntime-common';
import { onnxBackend } from './backend.js';
import type { Runtime } from './compile.js';
import { peers } from './peers.js';
import { checkPrecision, type PrecisionOption } from './precision.js';
import { requireDevice } from './probe.js';
import type { OrtModule } from './tensors.js';
import { checkThreads } from './threadCount.js';

/** What the devices of a browser have in common. */
export interface WebOptions {
  /**
   * The folder (ending in '/') that serves the files ort-wasm-*.mjs and ort-wasm-*.wasm of onnxruntime-web's dist/, or
   * the address of each; by default the .wasm file is looked for beside the script, where bundlers put it. Counts
   * once, before the first graph.
   */
  readonly wasmPaths?: Env.WasmPrefixOrFilePaths;
  /** More options of the session. */
  readonly session?: InferenceSession.SessionOptions;
}

/** Options of `wasm`. */
export interface WasmOptions extends WebOptions {
  /** Threads that share one operation, 1..1024; by default as many as the machine has cores, up to 8. Counts once. */
  readonly threads?: number;
  /** Called with the reason when the device runs slower than it could. Default: `console.info`. */
  readonly onNote?: (note: string) => void;
}

/** Options of `webgpu`. */
export interface WebGPUOptions extends WebOptions, PrecisionOption {
  readonly powerPreference?: PowerPreference;
}

const WEB_OPTIONS = ['wasmPaths', 'session'] as const satisfies readonly (keyof WebOptions)[];
const WASM_OPTIONS = [...WEB_OPTIONS, 'threads', 'onNote'] as const satisfies readonly (keyof WasmOptions)[];
const WEBGPU_OPTIONS = [
  ...WEB_OPTIONS,
  'powerPreference',
  'precision',
] as const satisfies readonly (keyof WebGPUOptions)[];

type WebRuntime = OrtModule & { readonly env: Env };

const MAX_THREADS = 8;

/** What a page or a worker tells of itself; its types belong to the DOM. */
interface Page {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly gpu?: Gpu; readonly hardwareConcurrency?: number };
}
const page = (): Page => globalThis as Page;

/** Each copy of the runtime does one thing at a time, for all backends on it. */
const [wasmQueue, webgpuQueue] = [oneAtATime(), oneAtATime()];

/**
 * WebAssembly with SIMD, through onnxruntime-web. Threads need a page that is cross-origin isolated (the headers
 * COOP and COEP); elsewhere it computes on one thread and calls `onNote`. A run blocks the thread that calls it: use
 * a worker.
 */
export function wasm(options: WasmOptions = {}): Backend {
  checkKeys(options, WASM_OPTIONS, 'wasm');
  const { threads, wasmPaths, session, onNote = console.info } = options;
  checkThreads(threads, 'wasm');
  const device = 'onnx-wasm';
  return onnxBackend(device, async () => {
    const ort: WebRuntime = await import('onnxruntime-web/wasm').catch((cause) => {
      throw packageMissing(device, 'onnxruntime-web', peers, cause);
    });
    configure(ort, wasmPaths, threadsHere(threads, onNote));
    const runtime: Runtime = {
      ort,
      sessionOptions: optionsFor('wasm', session),
      // The runtime's tiles follow the processor's cache, whose size WebAssembly does not tell.
      target: { lacks: ['tiled attention'], winograd: true },
      guard: wasmQueue,
    };
    await (await requireDevice(runtime, filesMissing(device))).dispose();
    return runtime;
  });
}

/**
 * A graphics card through onnxruntime-web's WebGPU, on a device of its own. Operations that it has no shader for
 * are computed in WebAssembly on one thread. Half precision needs WebGPU's feature shader-f16.
 */
export function webgpu(options: WebGPUOptions = {}): Backend {
  checkKeys(options, WEBGPU_OPTIONS, 'webgpu');
  checkPrecision(options, 'webgpu');
  const { powerPreference, wasmPaths, session, precision } = options;
  const name = 'onnx-webgpu';
  const open = async (): Promise<Runtime> => {
    // Without the feature 'subgroups': where one has few lanes, as on SwiftShader, the runtime's attention is wrong.
    const gpu = await openGpu(name, page().navigator?.gpu, {
      powerPreference,
      half: precision === 'half',
    });
    const ort: WebRuntime = await import('onnxruntime-web/webgpu').catch((cause) => {
      throw packageMissing(name, 'onnxruntime-web', peers, cause);
    });
    configure(ort, wasmPaths, 1);
    const runtime: Runtime = {
      ort,
      sessionOptions: optionsFor({ name: 'webgpu', device: gpu.device } as Provider, session),
      // WGSL leaves open how halves are rounded; and Pow takes a vector and a number apart, which WGSL refuses.
      target: { lacks: ['float16', 'broadcast Pow'] },
      guard: (task) => webgpuQueue(() => gpu.watch(task)),
    };
    // The runtime keeps shaders for a device while it has a session there.
    const kept = await requireDevice(runtime, filesMissing(name)).catch((cause) => {
      gpu.close();
      throw cause;
    });
    return {
      ...runtime,
      close: () =>
        void kept
          .dispose()
          .then(gpu.close, gpu.close)
          .catch(() => undefined),
    };
  };
  return onnxBackend(name, open, options);
}

type Provider = InferenceSession.ExecutionProviderConfig;

function optionsFor(provider: Provider, session: InferenceSession.SessionOptions = {}) {
  return { executionProviders: [provider], logSeverityLevel: 3, ...session } as const;
}

/** Counts before the first session only. */
function configure({ env }: WebRuntime, wasmPaths: WebOptions['wasmPaths'], numThreads: number): void {
  env.logLevel = 'error';
  env.wasm.numThreads = numThreads;
  if (wasmPaths !== undefined) env.wasm.wasmPaths = wasmPaths;
}

function threadsHere(wanted: number | undefined, onNote: (note: string) => void): number {
  const { crossOriginIsolated, navigator } = page();
  const threads = wanted ?? Math.min(navigator?.hardwareConcurrency ?? 1, MAX_THREADS);
  if (threads === 1 || crossOriginIsolated) return threads;
  onNote(
    'onnx-wasm computes on one thread, for this page is not cross-origin isolated; serve it with the headers ' +
      'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp',
  );
  return 1;
}

const filesMissing = (device: string) => ({
  device,
  problem: 'the WebAssembly files of onnxruntime-web could not be loaded',
  advice:
    'Serve ort-wasm-*.mjs and ort-wasm-*.wasm of its folder dist/ and name their folder: ' +
    "`wasmPaths: '/ort/'`; after a failure the page must be loaded again.",
});
